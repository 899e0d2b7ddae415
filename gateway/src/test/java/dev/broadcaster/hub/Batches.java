package dev.broadcaster.hub;

import dev.broadcaster.protocol.EncodedBroadcast;
import java.util.List;

/** Batches for tests of subscribers. */
public final class Batches {
    private Batches() {}

    /** The messages of {@code channel} at position {@code first} and later. */
    public static Batch of(String channel, List<EncodedBroadcast> messages, long first) {
        return Batch.of(channel, messages, first, 0);
    }
}
