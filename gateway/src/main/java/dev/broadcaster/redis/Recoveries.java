package dev.broadcaster.redis;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.time.Time;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The clients that want what they missed, channel by channel: one reading of the history at a time serves all who wait, and
 * its result those who come in the next moment. Each is answered at a moment at which the channel stands exactly at the
 * end of the answer, so what the listener gets next follows it. Owned by the event loop.
 */
final class Recoveries {
    /** How long what has been read may serve others. */
    private static final long RECENT_NANOS = 2_000_000_000L;
    /** How much of it is held for one channel, and for all, in bytes of payload. */
    private static final long MAX_RECENT_BYTES = 8 << 20;

    private static final long MAX_ALL_RECENT_BYTES = 64 << 20;
    private static final long NOTHING = Long.MAX_VALUE;

    private final BiConsumer<ReceivedChannel, HistoryReading> reader;
    private final Time time;
    private final Set<ReceivedChannel> waiting = new LinkedHashSet<>();
    private final Set<ReceivedChannel> remembering = new LinkedHashSet<>();

    /** @param reader begins to read a channel's history */
    Recoveries(BiConsumer<ReceivedChannel, HistoryReading> reader, Time time) {
        this.reader = reader;
        this.time = time;
    }

    void add(ReceivedChannel channel, Recovery recovery) {
        channel.recoveries.add(recovery);
        waiting.add(channel);
        onLive(channel);
    }

    /** Answers who waits for the channel if it is live, from what is known or after a reading. */
    void onLive(ReceivedChannel channel) {
        answer(channel, null);
    }

    /** The history has been read, and the channel stands where it ends. */
    void onRead(ReceivedChannel channel, HistoryReading reading) {
        long now = time.nanos();
        Position position = channel.position;
        String epoch = position == null ? null : position.epoch();
        HistoryConfig.Rule rule = channel.rule;
        if (epoch != null && rule != null) {
            RecentMessages recent = new RecentMessages(epoch);
            for (HistoryReading.Kept entry : reading.entries()) {
                Envelope envelope = entry.envelope();
                if (epoch.equals(envelope.epoch())) {
                    recent.add(envelope.message(channel.name), envelope.offset(), entry.expiresNanos());
                }
            }
            channel.recent = recent;
            channel.recentUntilNanos = now + Math.min(RECENT_NANOS, rule.ttl().toNanos());
            remembering.add(channel);
        }
        answer(channel, reading);
        if (remembering.stream().mapToLong(Recoveries::recentBytes).sum() > MAX_ALL_RECENT_BYTES) {
            forget(channel);
        }
    }

    /** {@code message} has gone to the listener. */
    void onDelivered(ReceivedChannel channel, Envelope envelope, Message message) {
        RecentMessages recent = channel.recent;
        HistoryConfig.Rule rule = channel.rule;
        if (recent == null || rule == null) {
            return;
        }
        if (!envelope.kept() || !recent.isOf(envelope.epoch()) || recent.bytes() > MAX_RECENT_BYTES) {
            forget(channel);
            return;
        }
        recent.add(message, envelope.offset(), time.nanos() + rule.ttl().toNanos());
    }

    /** @param reading what has just been read; null if nothing was */
    private void answer(ReceivedChannel channel, @Nullable HistoryReading reading) {
        long now = time.nanos();
        Position position = channel.position;
        if (channel.recoveries.isEmpty() || !channel.live || position == null) {
            return;
        }
        long first = NOTHING;
        // A callback may bring another recovery.
        for (Recovery recovery : List.copyOf(channel.recoveries)) {
            HistoryId lastSeen = recovery.lastSeen();
            if (lastSeen == null) {
                continue;
            }
            List<Message> missed = recent(channel, position, lastSeen, now);
            boolean known = position.isSameEpoch(lastSeen.epoch());
            if (missed != null) {
                channel.recoveries.remove(recovery);
                recovery.complete(missed, position);
            } else if (reading != null
                    && reading.isFinalFor(recovery)
                    && (!known || lastSeen.offset() >= reading.first())) {
                channel.recoveries.remove(recovery);
                recovery.refuse(position);
            } else {
                // A message that this node has not seen may be on its way here: it will have come with the answer.
                long end = position.offset() + 1;
                first = Math.min(first, known ? Math.min(lastSeen.offset(), end) : end);
            }
        }
        if (first != NOTHING && channel.reading == null) {
            reader.accept(channel, HistoryReading.toRecover(first, channel.recoveries));
        }
    }

    private static @Nullable List<Message> recent(
            ReceivedChannel channel, Position position, HistoryId lastSeen, long now) {
        RecentMessages recent = channel.recent;
        HistoryConfig.Rule rule = channel.rule;
        if (recent == null || rule == null || now - channel.recentUntilNanos > 0) {
            return null;
        }
        return recent.after(lastSeen, position, rule.size(), now);
    }

    /** Nobody can say what came after which message. */
    void refuse(ReceivedChannel channel) {
        List<Recovery> refused = List.copyOf(channel.recoveries);
        channel.recoveries.clear();
        refused.forEach(recovery -> recovery.refuse(channel.position));
    }

    void onTick(long now) {
        for (Iterator<ReceivedChannel> i = waiting.iterator(); i.hasNext(); ) {
            ReceivedChannel channel = i.next();
            List<Recovery> late = channel.recoveries.stream()
                    .filter(recovery -> now - recovery.deadline() >= 0)
                    .toList();
            channel.recoveries.removeAll(late);
            late.forEach(recovery -> recovery.refuse(channel.position));
            if (channel.recoveries.isEmpty()) {
                i.remove();
            }
        }
        List.copyOf(remembering).stream()
                .filter(channel -> channel.recent == null || now - channel.recentUntilNanos > 0)
                .forEach(this::forget);
    }

    private static long recentBytes(ReceivedChannel channel) {
        return channel.recent == null ? 0 : channel.recent.bytes();
    }

    private void forget(ReceivedChannel channel) {
        channel.recent = null;
        remembering.remove(channel);
    }
}
