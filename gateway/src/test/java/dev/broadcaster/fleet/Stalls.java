package dev.broadcaster.fleet;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * Measures how late a thread of this process continues that sleeps for a millisecond: a latency that its clients measure
 * at such a time is not of the node. Safe from any thread.
 */
final class Stalls implements AutoCloseable {
    private static final long SLEEP_NANOS = 1_000_000;

    private record Stall(long end, long nanos) {}

    private final Queue<Stall> stalls = new ConcurrentLinkedQueue<>();
    private volatile boolean stopped;

    private Stalls() {}

    static Stalls start() {
        Stalls stalls = new Stalls();
        Thread thread = new Thread(stalls::run, "stalls");
        thread.setDaemon(true);
        thread.start();
        return stalls;
    }

    private void run() {
        long last = System.nanoTime();
        while (!stopped) {
            LockSupport.parkNanos(SLEEP_NANOS);
            long now = System.nanoTime();
            if (now - last > 2 * SLEEP_NANOS) {
                stalls.add(new Stall(now, now - last - SLEEP_NANOS));
            }
            last = now;
        }
    }

    /** The longest one that ended in this interval. */
    double worstMillis(long from, long to) {
        return stalls.stream()
                        .filter(stall -> stall.end > from && stall.end < to)
                        .mapToLong(Stall::nanos)
                        .max()
                        .orElse(0)
                / 1e6;
    }

    @Override
    public void close() {
        stopped = true;
    }
}
