package dev.broadcaster.redis.link;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * A command in the format of Redis: the number of arguments, including the name, then each argument after its length.
 * For one thread at a time. It saves a fifth of the event loop's CPU of a publish; RATIONALE.md has the figures ("Why do
 * publishes and received messages bypass Lettuce's own types?").
 */
final class CommandBytes {
    private static final int MAX_DIGITS = 10;
    private static final int MAX_LINE = 1 + MAX_DIGITS + 2; // $ 4294967295 CR LF
    private static final int AROUND_ARGUMENT = MAX_LINE + 2;

    private byte[] bytes; // room for the number of arguments, then the arguments
    private int length = MAX_LINE;
    private int arguments;

    /** @param capacity the expected bytes of the arguments, without their lengths */
    CommandBytes(int capacity) {
        bytes = new byte[MAX_LINE + capacity];
    }

    /** Adds an argument; Latin-1. */
    @SuppressWarnings("deprecation") // only this getBytes copies Latin-1 without an intermediate array
    CommandBytes add(String argument) {
        int count = argument.length();
        begin(count);
        argument.getBytes(0, count, bytes, length);
        return end(count);
    }

    /** Adds an argument. */
    CommandBytes add(byte[] argument) {
        begin(argument.length);
        System.arraycopy(argument, 0, bytes, length, argument.length);
        return end(argument.length);
    }

    /** Writes the command with the arguments that were added so far. */
    void writeTo(ByteBuf out) {
        int start = MAX_LINE - lineLength(arguments);
        putLine(start, '*', arguments);
        out.writeBytes(bytes, start, length - start);
    }

    private void begin(int count) {
        int needed = length + AROUND_ARGUMENT + count;
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, needed));
        }
        putLine(length, '$', count);
        length += lineLength(count);
        arguments++;
    }

    private CommandBytes end(int count) {
        length += count;
        bytes[length++] = '\r';
        bytes[length++] = '\n';
        return this;
    }

    private void putLine(int start, char type, int number) {
        int end = start + lineLength(number);
        bytes[start] = (byte) type;
        bytes[--end] = '\n';
        bytes[--end] = '\r';
        int rest = number;
        do {
            bytes[--end] = (byte) ('0' + rest % 10);
            rest /= 10;
        } while (rest > 0);
    }

    private static int lineLength(int number) {
        int digits = 1;
        for (int rest = number; rest >= 10; rest /= 10) {
            digits++;
        }
        return 1 + digits + 2;
    }
}
