package dev.broadcaster.bench;

/** Numbers in bytes. */
final class Ascii {
    private Ascii() {}

    /** The number that is written with exactly so many digits. */
    static long number(byte[] bytes, int at, int digits) {
        long value = 0;
        for (int i = at; i < at + digits; i++) {
            value = value * 10 + (bytes[i] - '0');
        }
        return value;
    }

    /** The number whose digits begin at {@code at} and end before {@code to}, or before what is no digit. */
    static long number(byte[] bytes, int at, int to, int most) {
        long value = 0;
        for (int i = at; i < Math.min(to, at + most) && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
            value = value * 10 + (bytes[i] - '0');
        }
        return value;
    }
}
