package dev.broadcaster.control;

import dev.broadcaster.time.Fatal;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread {@code broadcaster-control}. It ends when it has had no task for 10 s, and starts again with the next. */
public final class ControlThread implements ControlExecutor, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlThread.class);
    private static final long IDLE_SECONDS = 10;

    private final ScheduledThreadPoolExecutor pool;

    public ControlThread() {
        pool = new ScheduledThreadPoolExecutor(
                1,
                task -> {
                    Thread thread = new Thread(task, "broadcaster-control");
                    thread.setDaemon(true);
                    return thread;
                },
                new ThreadPoolExecutor.DiscardPolicy());
        pool.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        pool.allowCoreThreadTimeOut(true);
    }

    @Override
    public void execute(Runnable task) {
        executeAfter(task, 0);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the task handles its own exceptions
    public void executeAfter(Runnable task, long nanos) {
        pool.schedule(() -> Fatal.runTask(Runnable::run, task, LOG), nanos, TimeUnit.NANOSECONDS);
    }

    /** Drops the tasks that wait. */
    @Override
    public void close() {
        pool.shutdownNow();
    }
}
