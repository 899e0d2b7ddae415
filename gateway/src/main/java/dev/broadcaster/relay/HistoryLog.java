package dev.broadcaster.relay;

import dev.broadcaster.budget.HeapBytes;
import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The counter of one channel and its last messages, in memory, without a gap. The counter outlives the messages, so an id
 * is a position also when no message is kept. Owned by the thread that has the channel's lane.
 */
final class HistoryLog extends AgeList.Element<HistoryLog> {
    private static final long ENTRY_BYTES = HeapBytes.object(6, 8) + HeapBytes.object(5, 0);
    private static final long LOG_BYTES = HeapBytes.object(6, 40);
    /** The size of a place in a map: the larger kind, for names with equal hash codes. */
    static final long PLACE_BYTES = HeapBytes.object(9, 5);

    /** A kept message. The log has the name of its channel. */
    static final class Entry extends AgeList.Element<Entry> {
        final HistoryLog log;
        final long nanos;
        private final Message message;
        private @Nullable Entry before; // in the channel
        private @Nullable Entry next;

        private Entry(HistoryLog log, Message message, long nanos) {
            this.log = log;
            this.message = message;
            this.nanos = nanos;
        }

        /** The heap bytes of the entry and its message. */
        long bytes() {
            return ENTRY_BYTES
                    + HeapBytes.latin1(message.id())
                    + HeapBytes.latin1(message.createTime())
                    + HeapBytes.bytes(message.event().length)
                    + HeapBytes.bytes(message.payload().length);
        }

        boolean isExpired(long now) {
            return now - nanos > log.ttlNanos;
        }
    }

    private final String channel;
    private final String epoch;
    private final int size;
    private final long ttlNanos;
    private final long lifetimeNanos;
    private @Nullable Entry oldest;
    private @Nullable Entry newest;
    private int count; // of entries
    private long offset; // of the last message, kept or not
    private long countedNanos; // the time when the counter was created, or last counted

    HistoryLog(String channel, String epoch, HistoryConfig.Rule rule, long now) {
        this.channel = channel;
        this.epoch = epoch;
        this.size = rule.size();
        this.ttlNanos = rule.ttl().toNanos();
        this.lifetimeNanos = rule.counterLifetime().toNanos();
        this.countedNanos = now;
    }

    String channel() {
        return channel;
    }

    /** The heap bytes of the log without its messages, with its place in a map. */
    long bytes() {
        return LOG_BYTES + PLACE_BYTES + HeapBytes.latin1(channel) + HeapBytes.latin1(epoch);
    }

    /** The id of the next message. */
    HistoryId nextId() {
        return new HistoryId(epoch, offset + 1);
    }

    /** The id of the last message; of offset 0 before the first. */
    HistoryId lastId() {
        return new HistoryId(epoch, offset);
    }

    /** Adds the next message; the caller then removes the surplus. */
    Entry add(Message message, long now) {
        Entry entry = new Entry(this, message, now);
        Entry last = newest;
        entry.before = last;
        if (last == null) {
            oldest = entry;
        } else {
            last.next = entry;
        }
        newest = entry;
        count++;
        offset++;
        countedNanos = now;
        return entry;
    }

    /** The oldest entry if there are too many, or if it has expired; else null. */
    @Nullable
    Entry surplus(long now) {
        Entry first = oldest;
        return first != null && (count > size || first.isExpired(now)) ? first : null;
    }

    /** The oldest entry, or null if there is none. */
    @Nullable
    Entry oldest() {
        return oldest;
    }

    /** Removes the oldest entry, which must exist. */
    void removeOldest() {
        Entry first = oldest;
        Entry second = first == null ? null : first.next;
        oldest = second;
        if (second == null) {
            newest = null;
        } else {
            second.before = null;
        }
        count--;
    }

    boolean isEmpty() {
        return oldest == null;
    }

    /** The time when the counter was created, or last counted. */
    long countedNanos() {
        return countedNanos;
    }

    /** True if the counter has expired, too. */
    boolean isForgotten(long now) {
        return now - countedNanos > lifetimeNanos;
    }

    /**
     * All messages after the position {@code id}; null if a message after it is no longer kept, or if the position
     * never existed.
     */
    @Nullable
    List<Message> after(HistoryId id, long now) {
        long missed = offset - id.offset();
        if (!id.epoch().equals(epoch) || missed < 0 || missed > count) {
            return null;
        }
        List<Message> messages = newest((int) missed, now);
        return messages.size() == missed ? messages : null;
    }

    /** The newest messages that are kept, at most {@code limit} of them, oldest first. */
    List<Message> newest(int limit, long now) {
        ArrayDeque<Message> messages = new ArrayDeque<>(Math.min(limit, count));
        for (Entry entry = newest;
                entry != null && messages.size() < limit && !entry.isExpired(now);
                entry = entry.before) {
            messages.addFirst(entry.message);
        }
        return List.copyOf(messages);
    }
}
