package dev.broadcaster.hub;

import java.util.concurrent.Executor;

/** The I/O thread that owns a shard. It runs tasks in order, soon, and wakes up for them if it sleeps. */
public interface ShardThread extends Executor {
    /** True if the caller runs on this thread. */
    boolean isCurrent();

    /**
     * True if the thread has run so many tasks without checking its sockets that {@code task}, which is about to run,
     * has to wait until it has: then it runs later by itself. On this thread.
     */
    default boolean putsOff(Runnable task) {
        return false;
    }
}
