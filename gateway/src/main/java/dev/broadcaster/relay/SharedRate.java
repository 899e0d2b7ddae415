package dev.broadcaster.relay;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * One rate for each of any number of publishers, in fixed memory: the generic cell rate algorithm (ITU-T I.371), whose
 * arrival times stand in two rows of slots that publishers share by their hash. A publisher is refused only when both of
 * its slots are used up, so it pays for others only if it meets heavy ones in both rows. A few more may pass when several
 * threads take at once. Safe from any thread.
 */
final class SharedRate {
    private static final int SLOTS = 8_192; // of a row

    private final long interval; // nanoseconds for one; 0 = no limit
    private final long burstNanos;
    /** When all so far would have been in order at an even rate. */
    private final AtomicLongArray arrivals = new AtomicLongArray(2 * SLOTS);

    /**
     * A rate that nobody has used.
     *
     * @param perSecond 0 = no limit
     * @param burstNanos a burst may take what the rate gives in this time
     */
    SharedRate(int perSecond, long burstNanos) {
        this.interval = perSecond == 0 ? 0 : 1_000_000_000L / perSecond;
        this.burstNanos = burstNanos;
    }

    /**
     * Takes {@code count} for {@code publisher}; whether the rate was not used up. What is larger than the rest of the rate
     * passes, and is paid for by what comes after it.
     *
     * @param publisher a hash
     * @param now at least 0
     */
    boolean take(long publisher, int count, long now) {
        if (interval == 0) {
            return true;
        }
        int first = (int) (publisher & (SLOTS - 1));
        int second = SLOTS + (int) ((publisher >>> 32) & (SLOTS - 1));
        long arrival = Math.min(arrivals.get(first), arrivals.get(second));
        if (Math.max(arrival, now) + interval - now > burstNanos) {
            return false;
        }
        advance(first, count * interval, now);
        advance(second, count * interval, now);
        return true;
    }

    private void advance(int slot, long nanos, long now) {
        long before = arrivals.get(slot);
        while (!arrivals.compareAndSet(slot, before, Math.max(before, now) + nanos)) {
            before = arrivals.get(slot);
        }
    }
}
