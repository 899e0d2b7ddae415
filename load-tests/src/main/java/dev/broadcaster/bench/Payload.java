package dev.broadcaster.bench;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Makes the payloads of messages and finds them again in what a server sent: when the message was due, its number, and
 * padding that depends on the number: words and figures, which compress about as well as what services send. For one
 * thread.
 *
 * <pre>{"a":"0000000000000000000","m":"0000000000","pad":"..."}</pre>
 */
final class Payload {
    private static final byte[] START = ascii("{\"a\":\"");
    private static final byte[] MIDDLE = ascii("\",\"m\":\"");
    private static final byte[] PAD = ascii("\",\"pad\":\"");
    private static final byte[] END = ascii("\"}");
    private static final String[] WORDS = {
        "name: ",
        "price: ",
        "quantity: ",
        "status: open, ",
        "status: closed, ",
        "user ",
        "order ",
        "from ",
        "message ",
        "true, ",
        "false, ",
        "hello ",
        "thanks for the update ",
        "city: Paris, ",
        "country: ",
        "Smith ",
        "total: "
    };
    private static final int SHIFTS = 64;
    private static final int TIME_AT = START.length;
    private static final int NUMBER_AT = TIME_AT + 19 + MIDDLE.length;
    private static final int PAD_AT = NUMBER_AT + 10 + PAD.length;

    private final byte[] padding;
    private final byte[] bytes;
    private final Finder finder = new Finder(START);

    /** Payloads of this length, or of the shortest possible one. */
    Payload(int length) {
        int padLength = Math.max(1, length - PAD_AT - END.length);
        padding = new byte[padLength + SHIFTS];
        SplittableRandom random = new SplittableRandom(1);
        for (int at = 0; at < padding.length; ) {
            byte[] word = ascii(WORDS[random.nextInt(WORDS.length)] + random.nextInt(100_000) + " ");
            int wordLength = Math.min(word.length, padding.length - at);
            System.arraycopy(word, 0, padding, at, wordLength);
            at += wordLength;
        }
        bytes = new byte[PAD_AT + padLength + END.length];
        put(START, 0);
        put(MIDDLE, TIME_AT + 19);
        put(PAD, NUMBER_AT + 10);
        put(END, PAD_AT + padLength);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private void put(byte[] part, int at) {
        System.arraycopy(part, 0, bytes, at, part.length);
    }

    /** The payload of a message, good until the next call. */
    byte[] of(long dueNanos, int number) {
        putDigits(dueNanos, TIME_AT, 19);
        putDigits(number, NUMBER_AT, 10);
        System.arraycopy(padding, number % SHIFTS, bytes, PAD_AT, padLength());
        return bytes;
    }

    private int padLength() {
        return bytes.length - PAD_AT - END.length;
    }

    private void putDigits(long value, int at, int digits) {
        long rest = value;
        for (int i = at + digits - 1; i >= at; i--) {
            bytes[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }

    /** The start of a payload in {@code frame[from, to)}; -1 if there is none of ours, complete and unchanged. */
    int find(byte[] frame, int from, int to) {
        int at = finder.find(frame, from, to);
        if (at < 0 || at + bytes.length > to) {
            return -1;
        }
        int shift = number(frame, at) % SHIFTS;
        int padAt = at + PAD_AT;
        boolean same = matches(frame, at + TIME_AT + 19, MIDDLE)
                && matches(frame, at + NUMBER_AT + 10, PAD)
                && Arrays.equals(frame, padAt, padAt + padLength(), padding, shift, shift + padLength())
                && matches(frame, padAt + padLength(), END);
        return same ? at : -1;
    }

    private static boolean matches(byte[] frame, int at, byte[] part) {
        return Arrays.equals(frame, at, at + part.length, part, 0, part.length);
    }

    /** The due time of the message, in the payload at {@code at}. */
    static long dueNanos(byte[] frame, int at) {
        return Ascii.number(frame, at + TIME_AT, 19);
    }

    /** The number of the message in the payload at {@code at}. */
    static int number(byte[] frame, int at) {
        return (int) Math.min(Integer.MAX_VALUE, Math.abs(Ascii.number(frame, at + NUMBER_AT, 10)));
    }
}
