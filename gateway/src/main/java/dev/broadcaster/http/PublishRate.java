package dev.broadcaster.http;

import dev.broadcaster.time.Time;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * {@code MAX_PUBLISH_RATE}, for each API key: the generic cell rate algorithm with a burst of two seconds' worth. Safe
 * from any thread.
 */
final class PublishRate {
    private static final long BURST_NANOS = 2_000_000_000L;

    private final long interval; // nanoseconds a message; 0 = no limit
    private final Time time;
    private final AtomicLongArray arrivals; // by key: when all so far would have been in order at an even rate

    PublishRate(int maxPublishRate, int keys, Time time) {
        this.interval = maxPublishRate == 0 ? 0 : 1_000_000_000L / maxPublishRate;
        this.time = time;
        this.arrivals = new AtomicLongArray(keys);
        for (int key = 0; key < keys; key++) {
            arrivals.set(key, time.nanos());
        }
    }

    /**
     * Takes {@code messages} from the rate of {@code key}; whether it was not used up. A batch that is larger than what is
     * left passes, and is paid for by those after it.
     */
    boolean take(int key, int messages) {
        if (interval == 0) {
            return true;
        }
        long now = time.nanos();
        while (true) {
            long before = arrivals.get(key);
            long start = before - now > 0 ? before : now;
            if (start + interval - now > BURST_NANOS) {
                return false;
            }
            if (arrivals.compareAndSet(key, before, start + messages * interval)) {
                return true;
            }
        }
    }
}
