package dev.broadcaster.relay;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * One rate per publisher for any number of publishers, in fixed memory: the generic cell rate algorithm (ITU-T I.371).
 * Its arrival times are in two rows of slots that publishers share by their hash. A publisher is refused only when both
 * of its slots are used up, so other publishers affect it only if heavy ones share its slots in both rows. A few more
 * may pass when several threads take at once. Safe from any thread.
 */
final class SharedRate {
    private static final int SLOTS = 8_192; // slots per row

    private final long interval; // nanoseconds per unit; 0 = no limit
    private final long burstNanos;
    /** The time at which an even rate would have reached all taken units. */
    private final AtomicLongArray arrivals = new AtomicLongArray(2 * SLOTS);

    /**
     * An unused rate.
     *
     * @param perSecond 0 = no limit
     * @param burstNanos a burst may take the units of this time
     */
    SharedRate(int perSecond, long burstNanos) {
        this.interval = perSecond == 0 ? 0 : 1_000_000_000L / perSecond;
        this.burstNanos = burstNanos;
    }

    /**
     * Takes {@code count} units for {@code publisher}; true if the rate was not used up. A count that exceeds the rest
     * of the rate passes, and later units wait for it.
     *
     * @param publisher a hash
     * @param now at least 0
     */
    boolean take(long publisher, int count, long now) {
        if (interval == 0) {
            return true;
        }
        if (nanosUntil(publisher, now) > 0) {
            return false;
        }
        advance(first(publisher), count * interval, now);
        advance(second(publisher), count * interval, now);
        return true;
    }

    /** The time until {@link #take} passes; 0 if it passes now. */
    long nanosUntil(long publisher, long now) {
        long arrival = Math.min(arrivals.get(first(publisher)), arrivals.get(second(publisher)));
        return interval == 0 ? 0 : Math.max(0, Math.max(arrival, now) + interval - burstNanos - now);
    }

    private static int first(long publisher) {
        return (int) (publisher & (SLOTS - 1));
    }

    private static int second(long publisher) {
        return SLOTS + (int) ((publisher >>> 32) & (SLOTS - 1));
    }

    private void advance(int slot, long nanos, long now) {
        long before = arrivals.get(slot);
        while (!arrivals.compareAndSet(slot, before, Math.max(before, now) + nanos)) {
            before = arrivals.get(slot);
        }
    }
}
