package dev.broadcaster.bench;

import java.util.Arrays;

/** Counts times, with an error of at most 3 %, and computes their percentiles. For one thread. */
final class Percentiles {
    private static final int STEPS = 32;

    private final long[] counts = new long[64 * STEPS];
    private long total;

    void record(long nanos) {
        counts[index(Math.max(0, nanos))]++;
        total++;
    }

    private static int index(long value) {
        if (value < STEPS) {
            return (int) value;
        }
        int exponent = 63 - Long.numberOfLeadingZeros(value);
        return (exponent - 4) * STEPS + (int) (value >> (exponent - 5)) % STEPS;
    }

    private static long value(int index) {
        if (index < STEPS) {
            return index;
        }
        int exponent = index / STEPS + 4;
        return (1L << exponent) + ((index % STEPS + 1L) << (exponent - 5)) - 1;
    }

    /** The value that {@code share} of all, 0 to 1, did not exceed, in milliseconds; 0 if there are none. */
    double millis(double share) {
        long wanted = (long) Math.ceil(total * share);
        long seen = 0;
        for (int i = 0; i < counts.length && total > 0; i++) {
            seen += counts[i];
            if (seen >= wanted) {
                return value(i) / 1e6;
            }
        }
        return 0;
    }

    void clear() {
        Arrays.fill(counts, 0);
        total = 0;
    }
}
