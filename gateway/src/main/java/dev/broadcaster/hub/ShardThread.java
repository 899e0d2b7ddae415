package dev.broadcaster.hub;

import java.util.concurrent.Executor;

/** The I/O thread that owns a shard. It runs tasks in order, soon, and wakes up for them if it sleeps. */
public interface ShardThread extends Executor {
    /** True if the caller runs on this thread. */
    boolean isCurrent();
}
