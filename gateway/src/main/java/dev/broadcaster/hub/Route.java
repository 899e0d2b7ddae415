package dev.broadcaster.hub;

import dev.broadcaster.message.Message;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.lang.ref.WeakReference;
import java.util.IdentityHashMap;
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
    /** The number of encoded messages that are kept without being needed by the current recovery. */
    private static final int MAX_STALE = 256;

    volatile long position; // written by the relay's thread for this channel only
    private final AtomicLong shards = new AtomicLong(); // one bit per shard

    /**
     * The recently recovered messages, encoded: when a thousand clients reconnect, all use the same. Written by the
     * relay's thread for this channel, which owns the map, also that of an earlier route; cleared by the next garbage
     * collection.
     */
    private volatile @Nullable WeakReference<IdentityHashMap<Message, EncodedBroadcast>> recovered;

    /** A route of a channel that may have had one before: {@code recovered} is of that one. */
    Route(@Nullable WeakReference<IdentityHashMap<Message, EncodedBroadcast>> recovered) {
        this.recovered = recovered;
    }

    /** The recently recovered messages, for the next route of this channel; null if there are none. */
    @Nullable
    WeakReference<IdentityHashMap<Message, EncodedBroadcast>> recovered() {
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
        WeakReference<IdentityHashMap<Message, EncodedBroadcast>> kept = recovered;
        IdentityHashMap<Message, EncodedBroadcast> known = kept == null ? null : kept.get();
        if (known == null || known.size() > 2 * messages.size() + MAX_STALE) {
            known = new IdentityHashMap<>();
            recovered = new WeakReference<>(known);
        }
        IdentityHashMap<Message, EncodedBroadcast> encoded = known;
        return messages.stream()
                .map(message -> encoded.computeIfAbsent(message, EncodedBroadcast::of))
                .toList();
    }
}
