package dev.broadcaster.blackbox;

import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** Messages in the format of permessage-deflate (RFC 7692 section 7.2), without context takeover; made by the JDK. */
final class Deflated {
    private static final int LONGEST = 20_000_000;

    private Deflated() {}

    static byte[] deflate(byte[] plain) {
        return deflate(plain, 6);
    }

    static byte[] deflate(byte[] plain, int level) {
        Deflater deflater = new Deflater(level, true);
        try {
            deflater.setInput(plain);
            byte[] out = new byte[plain.length + plain.length / 4 + 100];
            int length = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
            return Arrays.copyOf(out, length - 4);
        } finally {
            deflater.end();
        }
    }

    /** Fails unless the bytes are whole blocks to the last byte. */
    static byte[] inflate(byte[] deflated) {
        byte[] whole = Arrays.copyOf(deflated, deflated.length + 4);
        whole[whole.length - 2] = (byte) 0xff;
        whole[whole.length - 1] = (byte) 0xff;
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(whole);
            byte[] out = new byte[1024];
            int length = inflater.inflate(out);
            while (length == out.length && length < LONGEST) {
                out = Arrays.copyOf(out, out.length * 2);
                length += inflater.inflate(out, length, out.length - length);
            }
            if (inflater.getRemaining() > 0 || inflater.finished()) {
                throw new AssertionError("not all of the message is deflate data");
            }
            return Arrays.copyOf(out, length);
        } catch (DataFormatException e) {
            throw new AssertionError("not deflate data", e);
        } finally {
            inflater.end();
        }
    }
}
