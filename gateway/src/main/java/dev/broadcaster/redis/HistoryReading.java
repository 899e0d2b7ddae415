package dev.broadcaster.redis;

import java.util.ArrayList;
import java.util.List;

/** A channel's history as far as it has been read, page by page. Owned by the event loop. */
final class HistoryReading {
    private final long first;
    private final boolean repairs;
    private final long lastAsked;
    private final List<Kept> entries = new ArrayList<>();

    /** A message that was kept when its page came, and until when. */
    record Kept(Envelope envelope, long expiresNanos) {}

    private HistoryReading(long first, boolean repairs, long lastAsked) {
        this.first = first;
        this.repairs = repairs;
        this.lastAsked = lastAsked;
    }

    /** A reading from an offset on, for which the channel waits because something is missing. */
    static HistoryReading toRepair(long first) {
        return new HistoryReading(first, true, 0);
    }

    /**
     * A reading from an offset on, on behalf of clients.
     *
     * @param lastAsked the number of the latest recovery that was requested before it
     */
    static HistoryReading toRecover(long first, long lastAsked) {
        return new HistoryReading(first, false, lastAsked);
    }

    /** True if the recovery was requested before the reading started; a later one may refer to a newer message. */
    boolean isFinalFor(Recovery recovery) {
        return recovery.number() <= lastAsked;
    }

    long first() {
        return first;
    }

    boolean repairs() {
        return repairs;
    }

    /** Adds a page that has come just {@code now}. */
    void add(HistoryPage page, long now) {
        for (HistoryPage.Entry entry : page.entries()) {
            entries.add(new Kept(entry.envelope(), now + entry.leftMillis() * 1_000_000L));
        }
    }

    List<Kept> entries() {
        return entries;
    }
}
