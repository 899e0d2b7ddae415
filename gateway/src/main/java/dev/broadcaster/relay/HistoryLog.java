package dev.broadcaster.relay;

import dev.broadcaster.budget.HeapBytes;
import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The counter of one channel and its last messages, in memory, without a gap. The counter outlives the messages, so an id
 * is a position also when no message is kept. A page costs as much as its messages, wherever it begins. Owned by the
 * thread that has the channel's lane.
 */
final class HistoryLog extends AgeList.Element<HistoryLog> {
    private static final long ENTRY_BYTES = HeapBytes.object(4, 8) + HeapBytes.object(5, 0);
    private static final long LOG_BYTES = HeapBytes.object(5, 44);
    /** The size of a place in a map: the larger kind, for names with equal hash codes. */
    static final long PLACE_BYTES = HeapBytes.object(9, 5);

    private static final @Nullable Entry[] EMPTY = {};

    /** A kept message. The log has the name of its channel. */
    static final class Entry extends AgeList.Element<Entry> {
        final HistoryLog log;
        final long nanos;
        private final Message message;

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
    private String epoch;
    private final int size;
    private final long ttlNanos;
    private final long lifetimeNanos;
    private @Nullable Entry[] ring = EMPTY; // its length is 0 or a power of two
    private int first; // the place of the oldest entry in the ring
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

    /** The heap bytes of the log without its entries, with its place in a map. */
    long bytes() {
        return LOG_BYTES + PLACE_BYTES + HeapBytes.latin1(channel) + HeapBytes.latin1(epoch);
    }

    /** The heap bytes of the places for entries; they change with each entry that is added or removed. */
    long ringBytes() {
        return ring.length == 0 ? 0 : HeapBytes.references(ring.length);
    }

    /** Begins another epoch after the counter has expired. All entries have expired before; they are removed later. */
    void restart(String newEpoch, long now) {
        epoch = newEpoch;
        offset = 0;
        countedNanos = now;
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
        if (count == ring.length) {
            resize(Math.max(1, count * 2));
        }
        ring[place(count)] = entry;
        count++;
        offset++;
        countedNanos = now;
        return entry;
    }

    /** The oldest entry if there are too many, or if it has expired; else null. */
    @Nullable
    Entry surplus(long now) {
        Entry oldest = oldest();
        return oldest != null && (count > size || oldest.isExpired(now)) ? oldest : null;
    }

    /** The oldest entry, or null if there is none. */
    @Nullable
    Entry oldest() {
        return count == 0 ? null : ring[first];
    }

    /** Removes the oldest entry, which must exist. */
    void removeOldest() {
        ring[first] = null;
        first = place(1);
        count--;
        if (count == 0) {
            resize(0);
        } else if (count < ring.length / 4) {
            resize(ring.length / 2);
        }
    }

    private int place(int index) {
        return (first + index) & (ring.length - 1);
    }

    private void resize(int length) {
        @Nullable Entry[] resized = length == 0 ? EMPTY : new Entry[length];
        for (int i = 0; i < count; i++) {
            resized[i] = ring[place(i)];
        }
        ring = resized;
        first = 0;
    }

    boolean isEmpty() {
        return count == 0;
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
        int index = indexAfter(id, now);
        return index < 0 ? null : messages(index, count, Long.MAX_VALUE);
    }

    /** The newest messages that are kept, at most {@code limit} of them, oldest first. */
    List<Message> newest(int limit, long now) {
        return messages(Math.max(expired(now), count - limit), count, Long.MAX_VALUE);
    }

    /**
     * The first messages after a position.
     *
     * @param after the position; null for the beginning of the history
     * @param limit the largest number of messages
     * @param maxBytes the largest size of their payloads; a single message may be larger
     */
    HistoryOutcome page(@Nullable HistoryId after, int limit, long maxBytes, long now) {
        int index = after == null ? expired(now) : indexAfter(after, now);
        if (index < 0) {
            return new HistoryOutcome.NotKept();
        }
        List<Message> messages = messages(index, Math.min(count, index + limit), maxBytes);
        return new HistoryOutcome.Page(messages, index + messages.size() < count);
    }

    /** The number of messages that are kept. */
    int kept(long now) {
        return count - expired(now);
    }

    /** The index of the first message after {@code id}; negative if {@link #after} is null. */
    private int indexAfter(HistoryId id, long now) {
        long missed = offset - id.offset();
        return id.epoch().equals(epoch) && missed >= 0 && missed <= kept(now) ? (int) (count - missed) : -1;
    }

    /** The number of entries that have expired and are not removed yet. */
    private int expired(long now) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (isExpired(middle, now)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private boolean isExpired(int index, long now) {
        Entry entry = ring[place(index)];
        return entry != null && entry.isExpired(now);
    }

    private List<Message> messages(int from, int to, long maxBytes) {
        List<Message> messages = new ArrayList<>(to - from);
        long bytes = 0;
        for (int i = from; i < to; i++) {
            Entry entry = ring[place(i)];
            if (entry == null) {
                throw new IllegalStateException("no entry at " + i + " of " + count);
            }
            bytes += entry.message.payload().length;
            if (i > from && bytes > maxBytes) {
                break;
            }
            messages.add(entry.message);
        }
        return messages;
    }
}
