package dev.broadcaster.hub;

import dev.broadcaster.message.Message;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * The recently recovered messages of a channel, encoded: when a thousand clients reconnect, all use the same. Owned by
 * the relay's thread for the channel.
 */
final class RecoveredMessages {
    /** The number of messages that are kept without being needed by a recovery as large as the largest. */
    private static final int MAX_STALE = 256;

    private final IdentityHashMap<Message, EncodedBroadcast> encoded = new IdentityHashMap<>();
    private int largest; // recovery: a small one between two large ones does not make them expensive

    /** True if there are too many to add a recovery of {@code size} messages: then another object has to be begun. */
    boolean isFull(int size) {
        return encoded.size() > 2 * Math.max(largest, size) + MAX_STALE;
    }

    /** The encoded messages of a recovery. */
    List<EncodedBroadcast> encode(List<Message> messages) {
        largest = Math.max(largest, messages.size());
        return messages.stream()
                .map(message -> encoded.computeIfAbsent(message, EncodedBroadcast::of))
                .toList();
    }
}
