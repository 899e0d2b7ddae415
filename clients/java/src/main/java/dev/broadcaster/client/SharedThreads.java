package dev.broadcaster.client;

import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that all clients of a process share: one for timers, and as many for callbacks as run at the same time.
 * All are daemons and end when they have been idle for 10 s.
 */
final class SharedThreads {
    private static final long KEEP_SECONDS = 10;

    /** Runs callbacks, and the work of the HTTP client. */
    static final Executor EXECUTOR = new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            KEEP_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            daemons("broadcaster-client-"));

    static final Clock CLOCK = new SystemClock();

    private SharedThreads() {}

    private static ThreadFactory daemons(String name) {
        var count = new AtomicInteger();
        return task -> {
            var thread = new Thread(task, name + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    private static final class SystemClock implements Clock {
        private final ScheduledThreadPoolExecutor timers =
                new ScheduledThreadPoolExecutor(1, daemons("broadcaster-client-timer-"));

        SystemClock() {
            timers.setRemoveOnCancelPolicy(true);
            timers.setKeepAliveTime(KEEP_SECONDS, TimeUnit.SECONDS);
            timers.allowCoreThreadTimeOut(true);
        }

        @Override
        public long millis() {
            return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        }

        @Override
        public double random() {
            return ThreadLocalRandom.current().nextDouble();
        }

        @Override
        public Cancel schedule(long millis, Runnable task) {
            var future = timers.schedule(task, millis, TimeUnit.MILLISECONDS);
            return () -> future.cancel(false);
        }
    }
}
