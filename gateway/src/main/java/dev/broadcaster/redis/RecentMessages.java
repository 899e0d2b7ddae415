package dev.broadcaster.redis;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last messages of a channel that this node knows anyway, without a gap: a thousand clients that come back together
 * read the history once. Lives for a moment. Owned by the event loop.
 */
final class RecentMessages {
    private record Recent(Message message, long offset, long expiresNanos) {}

    private final String epoch;
    private final ArrayDeque<Recent> messages = new ArrayDeque<>();
    private long bytes;

    RecentMessages(String epoch) {
        this.epoch = epoch;
    }

    /** Adds the message at {@code offset}, after all that are here; what does not follow the last one begins anew. */
    void add(Message message, long offset, long expiresNanos) {
        Recent last = messages.peekLast();
        if (last != null && last.offset + 1 != offset) {
            messages.clear();
            bytes = 0;
        }
        messages.add(new Recent(message, offset, expiresNanos));
        bytes += message.payload().length;
    }

    boolean isOf(@Nullable String otherEpoch) {
        return epoch.equals(otherEpoch);
    }

    /** How many bytes of payload it holds. */
    long bytes() {
        return bytes;
    }

    /**
     * What came after {@code id}; null if that message is not here or no longer kept, or this does not end where the channel
     * stands.
     *
     * @param size how many messages the history keeps
     */
    @Nullable
    List<Message> after(HistoryId id, Position position, int size, long now) {
        Recent first = messages.peekFirst();
        Recent last = messages.peekLast();
        if (first == null
                || last == null
                || !isOf(id.epoch())
                || !isOf(position.epoch())
                || last.offset != position.offset()
                || id.offset() < first.offset
                || id.offset() > last.offset
                || id.offset() <= last.offset - size) {
            return null;
        }
        List<Recent> rest = messages.stream().skip(id.offset() - first.offset).toList();
        return now - rest.get(0).expiresNanos > 0
                ? null
                : rest.stream().skip(1).map(Recent::message).toList();
    }
}
