package dev.broadcaster.relay;

import dev.broadcaster.message.Message;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The histories of the channels of one lane. All lanes together hold at most a limit of bytes, counters included: a lane
 * that adds beyond the limit drops its own, first the counters without messages, then the histories that were not added to
 * for the longest time. Owned by the thread that has the lane.
 */
final class HistoryLogs {
    private final Supplier<String> epochs;
    private final long maxBytes;
    private final AtomicLong totalBytes;
    private final Map<String, HistoryLog> kept = new LinkedHashMap<>(); // with messages; the last one added to is last
    private final Map<String, HistoryLog> counters = new LinkedHashMap<>(); // without messages; the newest is last

    /**
     * The histories of one lane.
     *
     * @param epochs makes a name that no life of a counter has had
     * @param totalBytes the bytes of all lanes
     */
    HistoryLogs(Supplier<String> epochs, long maxBytes, AtomicLong totalBytes) {
        this.epochs = epochs;
        this.maxBytes = maxBytes;
        this.totalBytes = totalBytes;
    }

    /** The history of {@code channel}, or null if it has no counter. */
    @Nullable
    HistoryLog find(String channel, long now) {
        HistoryLog log = kept.get(channel);
        HistoryLog found = log == null ? counters.get(channel) : log;
        return found == null || found.isForgotten(now) ? null : found;
    }

    /** The history of {@code channel}, with a new counter if it has none. */
    HistoryLog open(String channel, HistoryConfig.Rule rule, long now) {
        HistoryLog found = find(channel, now);
        if (found != null) {
            return found;
        }
        take(channel);
        HistoryLog made = new HistoryLog(channel, epochs.get(), rule, now);
        put(counters, made);
        makeRoom(now);
        return made;
    }

    /** Adds the next message to {@code log}, which {@link #open} has just given. */
    void add(HistoryLog log, Message message, long now) {
        take(log.channel());
        log.add(message, now);
        put(kept, log);
        makeRoom(now);
    }

    private void makeRoom(long now) {
        HistoryLog oldest = first(kept);
        while (oldest != null && oldest.isExpired(now)) {
            take(oldest.channel());
            oldest.clear();
            put(counters, oldest);
            oldest = first(kept);
        }
        oldest = first(counters);
        while (oldest != null && (oldest.isForgotten(now) || totalBytes.get() > maxBytes)) {
            take(oldest.channel());
            oldest = first(counters);
        }
        oldest = first(kept);
        while (oldest != null && totalBytes.get() > maxBytes) {
            take(oldest.channel());
            oldest = first(kept);
        }
    }

    private static @Nullable HistoryLog first(Map<String, HistoryLog> logs) {
        Iterator<HistoryLog> all = logs.values().iterator();
        return all.hasNext() ? all.next() : null;
    }

    private void put(Map<String, HistoryLog> logs, HistoryLog log) {
        logs.put(log.channel(), log);
        totalBytes.addAndGet(log.bytes());
    }

    private void take(String channel) {
        HistoryLog log = kept.remove(channel);
        HistoryLog taken = log == null ? counters.remove(channel) : log;
        if (taken != null) {
            totalBytes.addAndGet(-taken.bytes());
        }
    }
}
