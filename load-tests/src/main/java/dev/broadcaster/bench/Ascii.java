package dev.broadcaster.bench;

/** Numbers in bytes. */
final class Ascii {
    private Ascii() {}

    /** The number that is written with exactly this many digits. */
    static long number(byte[] bytes, int at, int digits) {
        long value = 0;
        for (int i = at; i < at + digits; i++) {
            value = value * 10 + (bytes[i] - '0');
        }
        return value;
    }

    /**
     * The number whose digits start at {@code at} and end before {@code to}, or before the first character that is not
     * a digit.
     */
    static long number(byte[] bytes, int at, int to, int most) {
        long value = 0;
        for (int i = at; i < Math.min(to, at + most) && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
            value = value * 10 + (bytes[i] - '0');
        }
        return value;
    }
}
