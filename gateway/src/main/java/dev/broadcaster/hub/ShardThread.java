package dev.broadcaster.hub;

import java.util.concurrent.Executor;

/** The I/O thread that owns a shard: runs what it is given in order, soon, and wakes up for it if it must. */
public interface ShardThread extends Executor {
    /** Whether the caller runs on this thread. */
    boolean isCurrent();
}
