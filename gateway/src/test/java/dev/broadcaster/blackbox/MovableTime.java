package dev.broadcaster.blackbox;

import dev.broadcaster.time.Time;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** The system's clocks plus an offset that a test moves forward; both clocks jump together. Any thread. */
final class MovableTime implements Time {

    private static final long STEP_NANOS = 100_000_000L;

    private final AtomicLong offsetNanos = new AtomicLong();

    void advance(Duration by) {
        offsetNanos.addAndGet(by.toNanos());
    }

    /**
     * Lets time pass ten times as fast, without a jump: the node takes a jump for a pause of its own, after which it
     * gives its clients more time.
     */
    void pass(Duration duration) {
        for (long left = duration.toNanos(); left > 0; left -= STEP_NANOS) {
            LockSupport.parkNanos(STEP_NANOS / 10);
            offsetNanos.addAndGet(Math.min(left, STEP_NANOS));
        }
    }

    @Override
    public long nanos() {
        return System.nanoTime() + offsetNanos.get();
    }

    @Override
    public long epochMillis() {
        return System.currentTimeMillis() + offsetNanos.get() / 1_000_000;
    }
}
