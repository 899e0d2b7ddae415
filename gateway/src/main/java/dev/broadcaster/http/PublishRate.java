package dev.broadcaster.http;

import dev.broadcaster.time.Time;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * {@code MAX_PUBLISH_RATE}, for each API key: the generic cell rate algorithm with a burst of two seconds' worth. Safe
 * from any thread.
 */
final class PublishRate {
    private static final long BURST_NANOS = 2_000_000_000L;

    private final long interval; // nanoseconds a message; 0 = no limit
    private final Time time;
    // By key: when all so far would have been in order at an even rate. Keys come and go, their numbers are used again.
    private final Map<Integer, AtomicLong> arrivals = new ConcurrentHashMap<>();

    PublishRate(int maxPublishRate, Time time) {
        this.interval = maxPublishRate == 0 ? 0 : 1_000_000_000L / maxPublishRate;
        this.time = time;
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
        AtomicLong arrival = arrivals.computeIfAbsent(key, number -> new AtomicLong(now));
        while (true) {
            long before = arrival.get();
            long start = before - now > 0 ? before : now;
            if (start + interval - now > BURST_NANOS) {
                return false;
            }
            if (arrival.compareAndSet(before, start + messages * interval)) {
                return true;
            }
        }
    }
}
