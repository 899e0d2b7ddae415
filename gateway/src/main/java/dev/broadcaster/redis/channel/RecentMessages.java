package dev.broadcaster.redis.channel;

import dev.broadcaster.budget.HeapBytes;
import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import dev.broadcaster.redis.wire.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The end of a channel's history, without a gap: from a reading, and from messages that were delivered since. With it,
 * a thousand clients that reconnect together need one reading of the history. Owned by the event loop.
 */
final class RecentMessages {
    /** An entry, its message, and their places in lists. */
    private static final long ENTRY_BYTES = HeapBytes.object(1, 8) + HeapBytes.object(5, 0) + 12;

    private record Recent(Message message, long expiresNanos) {}

    private final String epoch;
    private final long readFrom;
    private final boolean whole;
    private final LongConsumer onBytes;
    private final List<Recent> messages = new ArrayList<>();
    private List<Message> answer = List.of(); // the longest since the last change: other clients get its end
    private long base; // the offset before the first message; messages between readFrom and here are not kept
    private long bytes;

    /**
     * No messages yet.
     *
     * @param readFrom the offset from which the history was read
     * @param whole true if the history certainly has all messages that were accepted and not trimmed
     * @param onBytes called with each change of {@link #bytes}
     */
    RecentMessages(String epoch, long readFrom, boolean whole, LongConsumer onBytes) {
        this.epoch = epoch;
        this.readFrom = readFrom;
        this.whole = whole;
        this.onBytes = onBytes;
        this.base = readFrom - 1;
    }

    /** Adds a message. If it does not follow the last one, drops all earlier messages. */
    void add(Message message, long offset, long expiresNanos) {
        if (offset != end() + 1) {
            beginAfter(offset - 1);
        }
        messages.add(new Recent(message, expiresNanos));
        answer = List.of();
        long size = bytes(message);
        bytes += size;
        onBytes.accept(size);
    }

    private static long bytes(Message message) {
        return ENTRY_BYTES
                + HeapBytes.latin1(message.id())
                + HeapBytes.latin1(message.createTime())
                + HeapBytes.bytes(message.event().length)
                + HeapBytes.bytes(message.payload().length);
    }

    /** The reading has ended at {@code offset}: if the message there is missing, drops all messages. */
    void endAt(long offset) {
        if (offset != end()) {
            beginAfter(offset);
        }
    }

    private void beginAfter(long offset) {
        drop();
        base = offset;
    }

    /** Drops all messages. Called before this object is discarded. */
    void drop() {
        messages.clear();
        answer = List.of();
        onBytes.accept(-bytes);
        bytes = 0;
    }

    boolean isOf(@Nullable String otherEpoch) {
        return epoch.equals(otherEpoch);
    }

    /** True if the last message is the one at {@code position}. */
    boolean endsAt(Position position) {
        return isOf(position.epoch()) && end() == position.offset();
    }

    /** The offset of the last message. */
    long end() {
        return base + messages.size();
    }

    /** The heap bytes of the messages. */
    long bytes() {
        return bytes;
    }

    /**
     * All messages after the position {@code id}; null if one is not here, or may be missing in the history.
     *
     * @param size the largest number of messages that the history keeps
     */
    @Nullable
    List<Message> after(HistoryId id, int size, long now) {
        long missed = end() - id.offset();
        if (!whole || !isOf(id.epoch()) || missed < 0 || missed > messages.size() || missed > size) {
            return null;
        }
        List<Message> newest = unexpired((int) missed, now);
        return newest.size() == missed ? newest : null;
    }

    /**
     * The newest messages that the history keeps, at most {@code limit}; null if they were not read.
     *
     * @param size the largest number of messages that the history keeps
     */
    @Nullable
    List<Message> newest(int limit, int size, long now) {
        long wanted = Math.min(end(), Math.min(limit, size));
        return readFrom > end() - wanted + 1 ? null : unexpired((int) Math.min(wanted, messages.size()), now);
    }

    /** The newest {@code count} messages, without expired ones. */
    private List<Message> unexpired(int count, long now) {
        int first = messages.size() - count;
        while (first < messages.size() && now - messages.get(first).expiresNanos > 0) {
            first++;
        }
        int size = messages.size() - first;
        if (size > answer.size()) {
            answer = messages.subList(first, messages.size()).stream()
                    .map(Recent::message)
                    .toList();
        }
        return answer.subList(answer.size() - size, answer.size());
    }
}
