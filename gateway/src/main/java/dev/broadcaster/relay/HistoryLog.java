package dev.broadcaster.relay;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The counter of one channel and its last messages, in memory, without a gap. The counter outlives the messages, so an id
 * is a position also when no message is kept. Owned by the thread that has the channel's lane.
 */
final class HistoryLog {
    /** The memory of an entry besides its texts, in bytes, approximately. */
    private static final int ENTRY_BYTES = 200;
    /** The memory of a log without entries besides the channel's name, in bytes, approximately. */
    private static final int LOG_BYTES = 400;

    private record Entry(Message message, long nanos) {
        long bytes() {
            return (long) ENTRY_BYTES + message.event().length + message.payload().length;
        }
    }

    private final String channel;
    private final String epoch;
    private final int size;
    private final long ttlNanos;
    private final long lifetimeNanos;
    private ArrayDeque<Entry> entries = new ArrayDeque<>(1);
    private long offset; // of the last message, kept or not
    private long countedNanos; // when the counter was created, or counted last
    private long bytes;

    HistoryLog(String channel, String epoch, HistoryConfig.Rule rule, long now) {
        this.channel = channel;
        this.epoch = epoch;
        this.size = rule.size();
        this.ttlNanos = rule.ttl().toNanos();
        this.lifetimeNanos = rule.counterLifetime().toNanos();
        this.countedNanos = now;
        this.bytes = (long) LOG_BYTES + channel.length();
    }

    String channel() {
        return channel;
    }

    /** The id that the next message is to have. */
    HistoryId nextId() {
        return new HistoryId(epoch, offset + 1);
    }

    /** The id of the last message; of offset 0 before the first. */
    HistoryId lastId() {
        return new HistoryId(epoch, offset);
    }

    /** Adds the next message. */
    void add(Message message, long now) {
        Entry entry = new Entry(message, now);
        entries.add(entry);
        offset++;
        countedNanos = now;
        bytes += entry.bytes();
        while (entries.size() > size || isExpired(entries.getFirst(), now)) {
            bytes -= entries.remove().bytes();
        }
    }

    /** Drops all entries. */
    void clear() {
        entries.forEach(entry -> bytes -= entry.bytes());
        entries = new ArrayDeque<>(1);
    }

    /** How much memory it holds, approximately. */
    long bytes() {
        return bytes;
    }

    /** True if no message is kept any more. */
    boolean isExpired(long now) {
        Entry last = entries.peekLast();
        return last == null || isExpired(last, now);
    }

    /** True if the counter has ended, too. */
    boolean isForgotten(long now) {
        return now - countedNanos > lifetimeNanos;
    }

    /** Everything after the position {@code id}; null if a message after it is no longer kept, or it never was one. */
    @Nullable
    List<Message> after(HistoryId id, long now) {
        long missed = offset - id.offset();
        if (!id.epoch().equals(epoch) || missed < 0 || missed > entries.size()) {
            return null;
        }
        List<Message> messages = newest((int) missed, now);
        return messages.size() == missed ? messages : null;
    }

    /** The newest messages that are kept, at most {@code limit} of them, oldest first. */
    List<Message> newest(int limit, long now) {
        ArrayDeque<Message> messages = new ArrayDeque<>(Math.min(limit, entries.size()));
        Iterator<Entry> newestFirst = entries.descendingIterator();
        while (messages.size() < limit && newestFirst.hasNext()) {
            Entry entry = newestFirst.next();
            if (isExpired(entry, now)) {
                break;
            }
            messages.addFirst(entry.message);
        }
        return List.copyOf(messages);
    }

    private boolean isExpired(Entry entry, long now) {
        return now - entry.nanos > ttlNanos;
    }
}
