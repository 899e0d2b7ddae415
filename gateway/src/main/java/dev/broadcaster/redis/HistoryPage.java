package dev.broadcaster.redis;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import dev.broadcaster.relay.HistoryOutcome;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A part of a channel's history, as Redis had it at one moment.
 *
 * @param counter of the channel at that moment
 * @param server that wrote the counter last, as the script knows it; empty if it is none that keeps histories
 * @param entries oldest first; those that are no longer kept, or that nobody understands, are missing
 */
record HistoryPage(Position counter, String server, List<Entry> entries) {
    /**
     * A message that is kept.
     *
     * @param leftMillis how much longer
     */
    record Entry(Envelope envelope, long leftMillis) {}

    /** What history.lua has returned; null if that is something else. */
    static @Nullable HistoryPage parse(List<?> reply) {
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
            // Behind the counter there are only messages of an earlier epoch.
            if (envelope != null && offset <= counter.offset()) {
                entries.add(new Entry(envelope, Envelope.number(text(reply.get(i + 1)))));
            }
        }
        return new HistoryPage(counter, fields.length > 2 ? fields[2] : "", entries);
    }

    private static String text(Object value) {
        return new String(bytes(value), StandardCharsets.ISO_8859_1);
    }

    private static byte[] bytes(Object value) {
        return ((Value) value).bytes();
    }

    /**
     * Whether it surely has everything that was accepted and not trimmed: the server that wrote it last is there, or has
     * given the channel away in good order. One that took it over from a dead server, or comes up with what it had saved,
     * may lack the end.
     *
     * @param isServing whether a server of this name still serves
     */
    boolean isWhole(Predicate<String> isServing) {
        return server.isEmpty() || isServing.test(server);
    }

    /** The offset from which to read on; 0 if there is no more, or nobody will find it. */
    long next() {
        long last = entries.isEmpty()
                ? counter.offset()
                : entries.get(entries.size() - 1).envelope().offset();
        return last < counter.offset() ? last + 1 : 0;
    }

    /**
     * The answer to a request for {@code limit} messages after a position.
     *
     * @param after the position, behind which the page begins; null for the oldest message
     */
    HistoryOutcome outcome(String channel, @Nullable HistoryId after, int limit) {
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
        // Where nothing is kept, nothing more will come of asking again, whatever the counter says.
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
