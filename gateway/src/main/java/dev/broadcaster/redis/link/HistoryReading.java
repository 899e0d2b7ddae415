package dev.broadcaster.redis.link;

import dev.broadcaster.redis.wire.HistoryPage;
import java.util.ArrayList;
import java.util.List;

/** A reading of a channel's history: the pages that have arrived so far. Owned by the event loop. */
public final class HistoryReading {
    private final long first;
    private final boolean repairs;
    private final long lastAsked;
    private final List<HistoryPage.Entry> entries = new ArrayList<>();

    private HistoryReading(long first, boolean repairs, long lastAsked) {
        this.first = first;
        this.repairs = repairs;
        this.lastAsked = lastAsked;
    }

    /** A reading from an offset, because the node has missed messages. */
    public static HistoryReading toRepair(long first) {
        return new HistoryReading(first, true, 0);
    }

    /**
     * A reading from an offset, for clients.
     *
     * @param lastAsked the number of the latest recovery that was requested before the reading
     */
    public static HistoryReading toRecover(long first, long lastAsked) {
        return new HistoryReading(first, false, lastAsked);
    }

    /** True if the recovery was requested before the reading started; a later one may refer to a newer message. */
    public boolean isFinalFor(long recovery) {
        return recovery <= lastAsked;
    }

    /** The first offset that is read. */
    public long first() {
        return first;
    }

    public boolean repairs() {
        return repairs;
    }

    /** Adds the next page. */
    public void add(HistoryPage page) {
        entries.addAll(page.entries());
    }

    /** The messages of all pages, oldest first. */
    public List<HistoryPage.Entry> entries() {
        return entries;
    }
}
