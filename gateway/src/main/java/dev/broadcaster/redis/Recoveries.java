package dev.broadcaster.redis;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.time.Time;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The clients that want a part of the past, channel by channel: one reading of the history at a time serves all who wait,
 * and its result serves those who come in the next two seconds. Each is answered at a moment at which the channel stands
 * exactly at the end of the answer, so the next message that the listener gets follows it. The work for a reading, and for a
 * client, does not depend on the number of other channels and clients. Owned by the event loop.
 */
final class Recoveries {
    /** How long what has been read may serve others. */
    private static final long RECENT_NANOS = 2_000_000_000L;
    /** How much of it is held for one channel, and for all, in bytes of payload. */
    private static final long MAX_RECENT_BYTES = 8 << 20;

    private static final long MAX_ALL_RECENT_BYTES = 64 << 20;
    private static final long NOT_READ = Long.MAX_VALUE;

    private final BiConsumer<ReceivedChannel, HistoryReading> reader;
    private final Time time;
    private final RecentMessages.Total recentBytes = new RecentMessages.Total();
    private final Set<ReceivedChannel> waiting = new LinkedHashSet<>();
    private final Map<ReceivedChannel, Long> remembering = new LinkedHashMap<>(); // since when; the oldest first
    private long asked; // the number of the latest recovery

    /** @param reader begins to read a channel's history */
    Recoveries(BiConsumer<ReceivedChannel, HistoryReading> reader, Time time) {
        this.reader = reader;
        this.time = time;
    }

    /** Answers a client at once if what it wants is known, else after a reading, before {@code deadline}. */
    void add(ReceivedChannel channel, Replay replay, ReplayCallback callback, long deadline) {
        Recovery recovery = Recovery.of(++asked, replay, callback, deadline);
        if (!answer(channel, recovery, null)) {
            channel.recoveries.add(recovery);
            waiting.add(channel);
            read(channel);
        }
    }

    /** Answers the clients that wait for the channel if it is live, from what is known or after a reading. */
    void onLive(ReceivedChannel channel) {
        answerAll(channel, null);
    }

    /**
     * The history has been read, and the channel stands where the reading ends.
     *
     * @param counter of the channel, as the reading says
     * @param whole true if the history surely has everything that was accepted and not trimmed
     */
    void onRead(ReceivedChannel channel, HistoryReading reading, Position counter, boolean whole) {
        String epoch = counter.epoch();
        HistoryConfig.Rule rule = channel.rule;
        forget(channel);
        if (epoch != null && rule != null) {
            long now = time.nanos();
            RecentMessages recent = new RecentMessages(epoch, reading.first(), whole, recentBytes);
            for (HistoryReading.Kept entry : reading.entries()) {
                Envelope envelope = entry.envelope();
                if (epoch.equals(envelope.epoch())) {
                    recent.add(envelope.message(channel.name), envelope.offset(), entry.expiresNanos());
                }
            }
            recent.endAt(counter.offset());
            channel.recent = recent;
            channel.recentUntilNanos = now + Math.min(RECENT_NANOS, rule.ttl().toNanos());
            remembering.put(channel, now);
        }
        answerAll(channel, reading);
        if (recentBytes.bytes() > MAX_ALL_RECENT_BYTES) {
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
        boolean follows = recent.isOf(envelope.epoch()) && envelope.offset() == recent.end() + 1;
        if (!envelope.kept() || !follows || recent.bytes() > MAX_RECENT_BYTES) {
            forget(channel);
            return;
        }
        recent.add(message, envelope.offset(), time.nanos() + rule.ttl().toNanos());
    }

    /** @param reading what has just been read; null if nothing was */
    private void answerAll(ReceivedChannel channel, @Nullable HistoryReading reading) {
        if (channel.recoveries.isEmpty()) {
            return;
        }
        List<Recovery> waited = List.copyOf(channel.recoveries);
        channel.recoveries.clear();
        for (Recovery recovery : waited) {
            if (!answer(channel, recovery, reading)) {
                channel.recoveries.add(recovery);
            }
        }
        read(channel);
    }

    /** Begins a reading for those who wait, unless one is going on. */
    private void read(ReceivedChannel channel) {
        Position position = channel.position;
        if (channel.recoveries.isEmpty() || channel.reading != null || !channel.live || position == null) {
            return;
        }
        long first = Long.MAX_VALUE;
        for (Recovery recovery : channel.recoveries) {
            first = Math.min(first, recovery.first(position));
        }
        reader.accept(channel, HistoryReading.toRecover(first, asked));
    }

    /**
     * Answers {@code recovery} if it can be answered.
     *
     * @param reading what has just been read; null if nothing was
     * @return whether it was answered
     */
    private boolean answer(ReceivedChannel channel, Recovery recovery, @Nullable HistoryReading reading) {
        // What is not in a reading that began after the request, from here on, is not kept.
        long readFrom = reading != null && reading.isFinalFor(recovery) ? reading.first() : NOT_READ;
        Position position = channel.position;
        String id = position == null ? null : position.id();
        HistoryConfig.Rule rule = channel.rule;
        if (position == null || rule == null || id == null) {
            if (readFrom != NOT_READ) {
                recovery.refuse(null); // the counter could not even be created
            }
            return readFrom != NOT_READ;
        }
        if (recovery.wantsPositionOnly()) {
            recovery.answer(List.of(), id);
            return true;
        }
        if (!channel.live) {
            return false;
        }
        long now = time.nanos();
        RecentMessages recent = recent(channel, position, now);
        HistoryId lastSeen = recovery.lastSeen();
        List<Message> missed = recent == null || lastSeen == null ? null : recent.after(lastSeen, rule.size(), now);
        if (missed != null) {
            recovery.complete(missed, id);
            return true;
        }
        if (lastSeen != null && !isIncomplete(lastSeen, position, rule, readFrom)) {
            return false;
        }
        List<Message> newest = recent == null ? null : recent.newest(recovery.last(), rule.size(), now);
        if (recovery.last() == 0 || newest != null) {
            recovery.answer(newest == null ? List.of() : newest, id);
        } else if (readFrom != NOT_READ) {
            recovery.refuse(id);
        } else {
            return false;
        }
        return true;
    }

    /** True if a message after {@code lastSeen} is missing for sure, or it never was a position. */
    private static boolean isIncomplete(HistoryId lastSeen, Position position, HistoryConfig.Rule rule, long readFrom) {
        boolean known = position.isSameEpoch(lastSeen.epoch());
        boolean trimmed = known && position.offset() - lastSeen.offset() > rule.size();
        return trimmed || (readFrom != NOT_READ && (!known || lastSeen.offset() >= readFrom - 1));
    }

    /** What can be answered from, now that the channel stands at {@code position}; null if there is nothing. */
    private static @Nullable RecentMessages recent(ReceivedChannel channel, Position position, long now) {
        RecentMessages recent = channel.recent;
        return recent == null || now - channel.recentUntilNanos > 0 || !recent.endsAt(position) ? null : recent;
    }

    /** The history can't be read. */
    void refuse(ReceivedChannel channel) {
        List<Recovery> refused = List.copyOf(channel.recoveries);
        channel.recoveries.clear();
        refuse(channel, refused);
    }

    private static void refuse(ReceivedChannel channel, List<Recovery> refused) {
        Position position = channel.position;
        String id = position == null ? null : position.id();
        refused.forEach(recovery -> recovery.refuse(id));
    }

    void onTick(long now) {
        for (Iterator<ReceivedChannel> i = waiting.iterator(); i.hasNext(); ) {
            ReceivedChannel channel = i.next();
            List<Recovery> late = channel.recoveries.stream()
                    .filter(recovery -> now - recovery.deadline() >= 0)
                    .toList();
            channel.recoveries.removeAll(late);
            refuse(channel, late);
            if (channel.recoveries.isEmpty()) {
                i.remove();
            }
        }
        for (Iterator<Map.Entry<ReceivedChannel, Long>> i =
                        remembering.entrySet().iterator();
                i.hasNext(); ) {
            Map.Entry<ReceivedChannel, Long> oldest = i.next();
            if (now - oldest.getValue() <= RECENT_NANOS) {
                break;
            }
            i.remove();
            oldest.getKey().forgetRecent();
        }
    }

    private void forget(ReceivedChannel channel) {
        channel.forgetRecent();
        remembering.remove(channel);
    }
}
