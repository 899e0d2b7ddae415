package dev.broadcaster.websocket;

import dev.broadcaster.websocket.OutItem.Broadcast;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The broadcasts in one {@link OutQueue} by channel, each channel's in their order. Owned by the connection's thread. */
final class WaitingBroadcasts {
    // Sizes on the heap with compressed references.
    private static final int OWN_BYTES = 16 + 48 + 80; // this, a map, its smallest table
    private static final int CHAIN_BYTES = 24 + 32 + 16; // a chain, its entry, its part of the table

    private static final class Chain {
        private Broadcast oldest;
        private Broadcast newest;

        private Chain(Broadcast only) {
            oldest = only;
            newest = only;
        }
    }

    private final Map<String, Chain> chains = new HashMap<>();

    /** Adds one that is newer than all others of its channel. */
    void add(Broadcast added) {
        added.newer = null;
        Chain chain = chains.get(added.channel);
        if (chain == null) {
            chains.put(added.channel, new Chain(added));
        } else {
            chain.newest.newer = added;
            chain.newest = added;
        }
    }

    /** Removes the oldest of its channel. */
    void remove(Broadcast oldest) {
        Chain chain = Objects.requireNonNull(chains.get(oldest.channel), oldest.channel);
        assert chain.oldest == oldest;
        Broadcast newer = oldest.newer;
        if (newer == null) {
            chains.remove(oldest.channel);
        } else {
            chain.oldest = newer;
        }
    }

    /** Removes all of a channel. Returns the oldest, which leads to the others; null if there is none. */
    @Nullable
    Broadcast removeAll(String channel) {
        Chain removed = chains.remove(channel);
        return removed == null ? null : removed.oldest;
    }

    /** The heap bytes of this. */
    int heapBytes() {
        return OWN_BYTES + chains.size() * CHAIN_BYTES;
    }
}
