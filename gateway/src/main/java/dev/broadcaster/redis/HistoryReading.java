package dev.broadcaster.redis;

import java.util.ArrayList;
import java.util.List;

/** A channel's history as far as it has been read, page by page. Owned by the event loop. */
final class HistoryReading {
    private final long first;
    private final boolean repairs;
    private final List<HistoryPage.Entry> entries = new ArrayList<>();

    /**
     * Nothing has been read yet.
     *
     * @param first the offset to begin at
     * @param repairs whether the channel waits for it, because something is missing
     */
    HistoryReading(long first, boolean repairs) {
        this.first = first;
        this.repairs = repairs;
    }

    long first() {
        return first;
    }

    boolean repairs() {
        return repairs;
    }

    void add(HistoryPage page) {
        entries.addAll(page.entries());
    }

    List<HistoryPage.Entry> entries() {
        return entries;
    }
}
