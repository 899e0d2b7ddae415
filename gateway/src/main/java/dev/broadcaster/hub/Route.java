package dev.broadcaster.hub;

import dev.broadcaster.message.Message;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The shards that receive one channel on this node, and the position of its last message.
 *
 * <p>The relay's thread writes the position, then reads the shards. A shard that joins sets its bit, then reads the
 * position. Both are volatile, so each message is either at or before the position that the shard read, or it is
 * offered to the shard. No message is missed, and no lock is taken.
 */
final class Route {
    volatile long position; // written by the relay's thread for this channel only
    private final AtomicLong shards = new AtomicLong(); // one bit per shard

    /**
     * The recently recovered messages. Written by the relay's thread for this channel, which owns them, also those of an
     * earlier route; cleared by the next garbage collection.
     */
    private volatile @Nullable WeakReference<RecoveredMessages> recovered;

    /** A route of a channel that may have had one before: {@code recovered} is of that one. */
    Route(@Nullable WeakReference<RecoveredMessages> recovered) {
        this.recovered = recovered;
    }

    /** The recently recovered messages, for the next route of this channel; null if there are none. */
    @Nullable
    WeakReference<RecoveredMessages> recovered() {
        return recovered;
    }

    void join(int shard) {
        shards.getAndUpdate(bits -> bits | 1L << shard);
    }

    /** True if no shard is left. */
    boolean leave(int shard) {
        return shards.updateAndGet(bits -> bits & ~(1L << shard)) == 0;
    }

    long shards() {
        return shards.get();
    }

    /** The encoded messages. On the relay's thread for this channel. */
    List<EncodedBroadcast> encode(List<Message> messages) {
        WeakReference<RecoveredMessages> kept = recovered;
        RecoveredMessages known = kept == null ? null : kept.get();
        if (known == null || known.isFull(messages.size())) {
            known = new RecoveredMessages();
            recovered = new WeakReference<>(known);
        }
        return known.encode(messages);
    }
}
