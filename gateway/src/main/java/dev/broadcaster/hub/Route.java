package dev.broadcaster.hub;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Where the messages of one channel go on this node, and the position of the last one.
 *
 * <p>The relay's thread writes the position, then reads the shards; a shard that joins sets its bit, then reads the
 * position. Both are volatile, so a message is either at or before the position that the shard read, or it is offered to
 * the shard: none falls between, and no lock is taken.
 */
final class Route {
    volatile long position; // written by the relay's thread for this channel only
    private final AtomicLong shards = new AtomicLong(); // a bit a shard

    void join(int shard) {
        shards.getAndUpdate(bits -> bits | 1L << shard);
    }

    /** Whether no shard is left. */
    boolean leave(int shard) {
        return shards.updateAndGet(bits -> bits & ~(1L << shard)) == 0;
    }

    long shards() {
        return shards.get();
    }
}
