package dev.broadcaster.relay;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The histories of the channels of one lane. All lanes together hold no more than a limit of bytes: whoever adds beyond it
 * drops what its lane has not added to for the longest. Owned by whoever has the lane.
 */
final class HistoryLogs {
    private final Supplier<String> epochs;
    private final long maxBytes;
    private final AtomicLong totalBytes;
    private final Map<String, HistoryLog> logs = new LinkedHashMap<>(); // that were added to last stand last

    /**
     * The histories of one lane.
     *
     * @param epochs makes a name that no life of a counter has had
     * @param totalBytes what all lanes hold
     */
    HistoryLogs(Supplier<String> epochs, long maxBytes, AtomicLong totalBytes) {
        this.epochs = epochs;
        this.maxBytes = maxBytes;
        this.totalBytes = totalBytes;
    }

    /** The history of {@code channel}, or null if it is empty or there is none. */
    @Nullable
    HistoryLog get(String channel) {
        return logs.get(channel);
    }

    /** The history of {@code channel} to add to, an empty one if need be. Followed by {@link #added}. */
    HistoryLog toAdd(String channel, HistoryConfig.Rule rule) {
        HistoryLog log = logs.remove(channel);
        HistoryLog present = log == null ? new HistoryLog(epochs.get(), rule) : log;
        logs.put(channel, present);
        totalBytes.addAndGet(-present.bytes());
        return present;
    }

    /** Something was added to {@code log}, the last one that {@link #toAdd} gave. */
    void added(HistoryLog log, long now) {
        totalBytes.addAndGet(log.bytes());
        Iterator<HistoryLog> oldest = logs.values().iterator();
        while (oldest.hasNext()) {
            HistoryLog next = oldest.next();
            if (!next.isExpired(now) && totalBytes.get() <= maxBytes) {
                return;
            }
            totalBytes.addAndGet(-next.bytes());
            oldest.remove();
        }
    }
}
