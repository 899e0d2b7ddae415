package dev.broadcaster.cli;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long a client waits before it connects again: a random time up to a limit that doubles from half a second to 20 (full
 * jitter), so that the clients of a node that has gone do not come back in step. One thread.
 */
final class Backoff {
    private static final long FIRST_MILLIS = 500;
    private static final long MOST_MILLIS = 20_000;

    private final RandomGenerator random;
    private long limitMillis = FIRST_MILLIS;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    /** The next wait. */
    Duration next() {
        long millis = random.nextLong(limitMillis + 1);
        limitMillis = Math.min(MOST_MILLIS, 2 * limitMillis);
        return Duration.ofMillis(millis);
    }

    /** A wait before a reconnect that is to come at once: as short as the first, and the next one is as long as before. */
    Duration soon() {
        return Duration.ofMillis(random.nextLong(FIRST_MILLIS + 1));
    }

    /** Something came: the next wait is a short one again. */
    void reset() {
        limitMillis = FIRST_MILLIS;
    }
}
