package dev.broadcaster.load;

import java.util.concurrent.atomic.AtomicLongArray;

/** The times of deliveries, to the millisecond, up to a minute. Safe from any thread. */
final class Latencies {
    private static final int LONGEST_MILLIS = 60_000;

    private final AtomicLongArray counts = new AtomicLongArray(LONGEST_MILLIS + 1);

    void record(long millis) {
        counts.incrementAndGet((int) Math.max(0, Math.min(millis, LONGEST_MILLIS)));
    }

    long count() {
        long count = 0;
        for (int i = 0; i < counts.length(); i++) {
            count += counts.get(i);
        }
        return count;
    }

    /** The smallest number of milliseconds that {@code share} of all, 0 to 1, did not exceed; 0 if there are none. */
    int percentile(double share) {
        long wanted = (long) Math.ceil(count() * share);
        long seen = 0;
        for (int i = 0; i < counts.length(); i++) {
            seen += counts.get(i);
            if (seen >= wanted) {
                return i;
            }
        }
        return LONGEST_MILLIS;
    }
}
