package dev.broadcaster.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A channel's history as far as it has been read, page by page. Owned by the event loop. */
final class HistoryReading {
    private final long first;
    private final boolean repairs;
    private final Set<Recovery> askers;
    private final List<Kept> entries = new ArrayList<>();

    /** A message that was kept when its page came, and until when. */
    record Kept(Envelope envelope, long expiresNanos) {}

    private HistoryReading(long first, boolean repairs, Set<Recovery> askers) {
        this.first = first;
        this.repairs = repairs;
        this.askers = askers;
    }

    /** A reading from an offset on, for which the channel waits because something is missing. */
    static HistoryReading toRepair(long first) {
        return new HistoryReading(first, true, Set.of());
    }

    /** A reading from an offset on, on behalf of clients. */
    static HistoryReading toRecover(long first, List<Recovery> askers) {
        return new HistoryReading(first, false, Set.copyOf(askers));
    }

    /**
     * Whether what is not in it is not kept for this client: it asked before the reading began. Who came later may have seen
     * messages that are younger than it.
     */
    boolean isFinalFor(Recovery recovery) {
        return askers.contains(recovery);
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
