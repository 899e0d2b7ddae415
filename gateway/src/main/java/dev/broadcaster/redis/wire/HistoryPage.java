package dev.broadcaster.redis.wire;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import dev.broadcaster.relay.HistoryOutcome;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A part of a channel's history at one moment.
 *
 * @param counter the counter of the channel at that moment
 * @param server the server that wrote the counter last, by its name for the script; empty if the channel had no history
 *     then
 * @param entries oldest first, without those that have expired or are not envelopes
 */
public record HistoryPage(Position counter, String server, List<Entry> entries) {
    private static final byte[] NONE = {};

    /**
     * A kept message.
     *
     * @param expiresNanos the time until which it is kept
     */
    public record Entry(Envelope envelope, long expiresNanos) {}

    /**
     * The page in a reply of history.lua, a list of byte arrays; null if there is none.
     *
     * @param now the time of the reply, in nanoseconds
     */
    public static @Nullable HistoryPage parse(List<?> reply, long now) {
        if (reply.isEmpty() || reply.size() % 3 != 1) {
            return null;
        }
        String text = text(reply.get(0));
        Position counter = text.isEmpty() ? Position.NONE : Position.parse(bytes(reply.get(0)));
        String epoch = counter.epoch();
        String[] fields = text.split(" ", -1);
        List<Entry> entries = new ArrayList<>(reply.size() / 3);
        for (int i = 1; i < reply.size() && epoch != null; i += 3) {
            long offset = Envelope.number(text(reply.get(i)));
            Envelope envelope = Envelope.of(epoch, offset, bytes(reply.get(i + 2)));
            // Offsets above the counter are of messages of an earlier epoch.
            if (envelope != null && offset <= counter.offset()) {
                long leftMillis = Envelope.number(text(reply.get(i + 1)));
                entries.add(new Entry(envelope, now + leftMillis * 1_000_000L));
            }
        }
        return new HistoryPage(counter, fields.length > 2 ? fields[2] : "", entries);
    }

    private static String text(Object value) {
        return new String(bytes(value), StandardCharsets.ISO_8859_1);
    }

    private static byte[] bytes(Object value) {
        return value instanceof byte[] bytes ? bytes : NONE; // an entry that is not an envelope is skipped
    }

    /**
     * True if the page certainly has all messages that were accepted and not trimmed: the server that wrote the counter
     * last serves a partition. A server that took over from a dead one, or has started from a snapshot, may lack the
     * last messages.
     *
     * @param isServing true if the server with a name serves a partition
     */
    public boolean isWhole(Predicate<String> isServing) {
        return server.isEmpty() || isServing.test(server);
    }

    /** The first offset of the next page; 0 if there is none. */
    public long next() {
        long last = entries.isEmpty()
                ? counter.offset()
                : entries.get(entries.size() - 1).envelope().offset();
        return last < counter.offset() ? last + 1 : 0;
    }

    /**
     * The answer to a request for {@code limit} messages after a position.
     *
     * @param after the position after which the page starts; null for the oldest message
     */
    public HistoryOutcome outcome(String channel, @Nullable HistoryId after, int limit) {
        if (after != null && !canFollow(after)) {
            return new HistoryOutcome.NotKept();
        }
        List<Message> messages = new ArrayList<>();
        long last = after == null ? firstOffset() - 1 : after.offset();
        for (Entry entry : entries) {
            if (entry.envelope().offset() != last + 1) {
                return new HistoryOutcome.NotKept();
            }
            last++;
            messages.add(entry.envelope().message(channel));
        }
        List<Message> wanted = messages.subList(0, Math.min(limit, messages.size()));
        // If nothing is kept, another page has nothing either, whatever the counter is.
        boolean more = wanted.size() < messages.size() || (!entries.isEmpty() && last < counter.offset());
        return new HistoryOutcome.Page(List.copyOf(wanted), more);
    }

    /** True if {@code after} is a position of the counter, and a message follows in the page if one was accepted. */
    private boolean canFollow(HistoryId after) {
        return counter.isSameEpoch(after.epoch())
                && (after.offset() == counter.offset() || (after.offset() < counter.offset() && !entries.isEmpty()));
    }

    private long firstOffset() {
        return entries.isEmpty() ? 1 : entries.get(0).envelope().offset();
    }
}
