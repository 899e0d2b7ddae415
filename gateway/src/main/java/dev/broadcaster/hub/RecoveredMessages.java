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
    private int largest; // the messages of the largest recovery, so that a small one does not make it expensive
    private List<Message> last = List.of(); // the last recovery that was not the end of an earlier one
    private List<EncodedBroadcast> lastEncoded = List.of(); // the same messages

    /** True if there are too many to add a recovery of {@code size} messages: then another object has to be begun. */
    boolean isFull(int size) {
        return encoded.size() > 2 * Math.max(largest, size) + MAX_STALE;
    }

    /**
     * The encoded messages of a recovery. When thousands of clients are answered together, most get the end of what one
     * of them gets, and no message is looked up for these.
     *
     * @param messages without a gap in the channel
     */
    List<EncodedBroadcast> encode(List<Message> messages) {
        int before = last.size() - messages.size();
        if (before >= 0 && isEndOfLast(messages, before)) {
            return lastEncoded.subList(before, last.size());
        }
        largest = Math.max(largest, messages.size());
        last = messages;
        lastEncoded = messages.stream()
                .map(message -> encoded.computeIfAbsent(message, EncodedBroadcast::of))
                .toList();
        return lastEncoded;
    }

    /** True if {@code messages} are those of the last recovery after its first {@code before}. */
    @SuppressWarnings("ReferenceEquality") // as in the map
    private boolean isEndOfLast(List<Message> messages, int before) {
        return messages.isEmpty()
                || (messages.get(0) == last.get(before)
                        && messages.get(messages.size() - 1) == last.get(last.size() - 1));
    }
}
