package dev.broadcaster.relay;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The last messages of one channel, in memory, without a gap. Owned by whoever has its lane. */
final class HistoryLog {
    /** What an entry holds besides its texts, in bytes: about. */
    private static final int ENTRY_BYTES = 200;

    private record Entry(Message message, long nanos) {
        long bytes() {
            return (long) ENTRY_BYTES + message.event().length + message.payload().length;
        }
    }

    private final String epoch;
    private final int size;
    private final long ttlNanos;
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private long offset; // of the last entry
    private long bytes;

    HistoryLog(String epoch, HistoryConfig.Rule rule) {
        this.epoch = epoch;
        this.size = rule.size();
        this.ttlNanos = rule.ttl().toNanos();
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
        bytes += entry.bytes();
        while (entries.size() > size || isExpired(entries.getFirst(), now)) {
            bytes -= entries.remove().bytes();
        }
    }

    /** How much memory it holds, about. */
    long bytes() {
        return bytes;
    }

    /** Whether nothing is left in it. */
    boolean isExpired(long now) {
        Entry last = entries.peekLast();
        return last == null || isExpired(last, now);
    }

    /** What came after {@code id}; null if that message is no longer kept, or never was. */
    @Nullable
    List<Message> after(HistoryId id, long now) {
        long first = offset - entries.size() + 1;
        if (!id.epoch().equals(epoch) || id.offset() < first || id.offset() > offset) {
            return null;
        }
        List<Entry> rest = entries.stream().skip(id.offset() - first).toList();
        return isExpired(rest.get(0), now)
                ? null
                : rest.stream().skip(1).map(Entry::message).toList();
    }

    /** Everything that is kept. */
    List<Message> all(long now) {
        return entries.stream()
                .dropWhile(entry -> isExpired(entry, now))
                .map(Entry::message)
                .toList();
    }

    private boolean isExpired(Entry entry, long now) {
        return now - entry.nanos > ttlNanos;
    }
}
