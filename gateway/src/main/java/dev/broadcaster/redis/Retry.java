package dev.broadcaster.redis;

import java.util.random.RandomGenerator;

/**
 * When to try again: after 50 ms, then twice as long each time up to a second, each time a random part of it, so that a
 * fleet does not come back all at once. Owned by the event loop.
 */
final class Retry {
    private static final long FIRST_NANOS = 50_000_000L;
    private static final long LAST_NANOS = 1_000_000_000L;

    private final RandomGenerator random;
    private long delayNanos = FIRST_NANOS;
    private long failedNanos;
    private long waitNanos; // 0 = nothing has failed

    Retry(RandomGenerator random) {
        this.random = random;
    }

    boolean isDue(long now) {
        return waitNanos == 0 || now - failedNanos >= waitNanos;
    }

    void failed(long now) {
        failedNanos = now;
        waitNanos = delayNanos / 2 + random.nextLong(delayNanos / 2);
        delayNanos = Math.min(LAST_NANOS, delayNanos * 2);
    }

    void succeeded() {
        delayNanos = FIRST_NANOS;
    }
}
