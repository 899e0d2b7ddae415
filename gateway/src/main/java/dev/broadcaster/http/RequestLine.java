package dev.broadcaster.http;

import java.nio.ByteBuffer;

/**
 * Reads the version at the end of a request line (RFC 9112 section 3), because Undertow reads an unknown one, such as
 * {@code HTTP/0.1}, as HTTP/1.1. Holds the last bytes of the line. Owned by the connection's I/O thread.
 */
final class RequestLine {
    private static final int LENGTH = 7;
    /** The end of a line of HTTP/1.0, and of HTTP/1.1 and later, without the digit of the minor version. */
    private static final long EXPECTED = bits("P/1.0\r\n");

    private static final int DIGIT_SHIFT = 16;
    private static final long OTHERS = ~(0xffL << DIGIT_SHIFT);

    private long last; // the last seven bytes
    private boolean ended;

    /** The next byte starts a request. */
    void begin() {
        last = 0;
        ended = false;
    }

    /**
     * Reads the bytes from {@code from} to {@code to} of a buffer, which is not changed; bytes after the line are
     * ignored.
     */
    void onBytes(ByteBuffer bytes, int from, int to) {
        long seven = last;
        for (int i = from; i < to && !ended; i++) {
            byte b = bytes.get(i);
            seven = seven << 8 | (b & 0xff);
            ended = b == '\n';
        }
        last = seven & ((1L << (8 * LENGTH)) - 1);
    }

    /** True if the line that has been read ends with a version of HTTP/1. */
    boolean isOfHttp1() {
        int digit = (int) (last >> DIGIT_SHIFT) & 0xff;
        return ended && (last & OTHERS) == (EXPECTED & OTHERS) && digit >= '0' && digit <= '9';
    }

    private static long bits(String ascii) {
        long bits = 0;
        for (int i = 0; i < LENGTH; i++) {
            bits = bits << 8 | ascii.charAt(i);
        }
        return bits;
    }
}
