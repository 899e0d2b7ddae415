package dev.broadcaster.hub;

import dev.broadcaster.message.Message;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.lang.ref.WeakReference;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Where the messages of one channel go on this node, and the position of the last one.
 *
 * <p>The relay's thread writes the position, then reads the shards; a shard that joins sets its bit, then reads the
 * position. Both are volatile, so a message is either at or before the position that the shard read, or it is offered to
 * the shard: none falls between, and no lock is taken.
 */
final class Route {
    /** So many encoded messages may be kept that the present recovery does not need. */
    private static final int MAX_STALE = 256;

    volatile long position; // written by the relay's thread for this channel only
    private final AtomicLong shards = new AtomicLong(); // a bit a shard

    /**
     * What was recovered lately, encoded: when a thousand clients come back, it is the same for all. Belongs to the relay's
     * thread for this channel; gone with the next garbage collection.
     */
    private @Nullable WeakReference<IdentityHashMap<Message, EncodedBroadcast>> recovered;

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

    /** The messages as they are sent. On the relay's thread for this channel. */
    List<EncodedBroadcast> encode(List<Message> messages) {
        IdentityHashMap<Message, EncodedBroadcast> known = recovered == null ? null : recovered.get();
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
