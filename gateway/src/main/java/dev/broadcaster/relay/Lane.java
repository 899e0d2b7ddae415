package dev.broadcaster.relay;

import dev.broadcaster.time.Fatal;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A part of the channels of {@link LocalRelay}. Its tasks run one at a time, in order, on the thread that finds the
 * lane idle; this thread also runs the tasks that others add meanwhile. No lock is held. Safe from any thread.
 */
final class Lane {
    private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

    /** Owned by the running task. */
    final HistoryLogs histories;

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicBoolean dropping = new AtomicBoolean();

    Lane(HistoryLogs histories) {
        this.histories = histories;
    }

    /** True if a task would have to wait now. */
    boolean isBusy() {
        return waiting.get() != 0;
    }

    /**
     * Runs {@code task} in the order of the lane: now, or on the thread that has the lane. The lane continues after any
     * exception. An {@code Error} is fatal and is thrown to the caller after the last task.
     */
    void run(Runnable task) {
        tasks.add(task);
        if (waiting.getAndIncrement() != 0) {
            return;
        }
        Error fatal = null;
        boolean more = true;
        while (more) {
            try {
                Fatal.runTask(Runnable::run, tasks.remove(), LOG);
            } catch (Error e) {
                fatal = e;
            } finally {
                more = waiting.decrementAndGet() != 0;
            }
        }
        if (fatal != null) {
            throw fatal;
        }
    }

    /** True while a {@link #drop} waits for the thread that has the lane. */
    boolean isDropping() {
        return dropping.get();
    }

    /**
     * Runs {@code task}, which drops histories, in the order of the lane. Does nothing if another drop waits already.
     */
    void drop(Runnable task) {
        if (dropping.compareAndSet(false, true)) {
            run(() -> {
                dropping.set(false);
                task.run();
            });
        }
    }
}
