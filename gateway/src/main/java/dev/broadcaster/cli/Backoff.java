package dev.broadcaster.cli;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * The delay of a client before it reconnects: a random time up to a limit that doubles from half a second to 20 s (full
 * jitter), so that the clients of a node that has ended do not return at the same time. One thread.
 */
final class Backoff {
    private static final long FIRST_MILLIS = 500;
    private static final long MOST_MILLIS = 20_000;

    private final RandomGenerator random;
    private long limitMillis = FIRST_MILLIS;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    /** The next delay. */
    Duration next() {
        long millis = random.nextLong(limitMillis + 1);
        limitMillis = Math.min(MOST_MILLIS, 2 * limitMillis);
        return Duration.ofMillis(millis);
    }

    /** The delay before an immediate reconnect: as short as the first; the next delay is not affected. */
    Duration soon() {
        return Duration.ofMillis(random.nextLong(FIRST_MILLIS + 1));
    }

    /** A message arrived: the next delay is short again. */
    void reset() {
        limitMillis = FIRST_MILLIS;
    }
}
