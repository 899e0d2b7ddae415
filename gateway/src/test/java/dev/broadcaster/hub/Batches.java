package dev.broadcaster.hub;

import dev.broadcaster.protocol.EncodedBroadcast;
import java.util.List;

/** Batches for tests of those who get them. */
public final class Batches {
    private Batches() {}

    /** The messages of {@code channel} that stand at {@code first} and after it. */
    public static Batch of(String channel, List<EncodedBroadcast> messages, long first) {
        return Batch.of(channel, messages, first, 0);
    }
}
