package dev.broadcaster.websocket;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The queues of one I/O thread whose sockets take no more, the one that has not been empty for longest first. Owned by the
 * thread, {@link #size} and {@link #askForRelief} aside.
 */
final class Backlog {
    /** Whose client reads more slowly than so many bytes per second does not keep up. */
    private static final long MIN_BYTES_PER_SECOND = 64 * 1024;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** A queue in the backlog. Owned by the thread. */
    static final class Place {
        private final OutQueue queue;
        private final Connection connection;
        private final long sinceNanos;
        private @Nullable Place older;
        private @Nullable Place newer;
        long writtenBytes; // since then
        private long seenBytes; // writtenBytes when isStalled was asked
        private long movedNanos; // when isStalled saw that they had changed

        private Place(OutQueue queue, Connection connection, long nowNanos) {
            this.queue = queue;
            this.connection = connection;
            this.sinceNanos = nowNanos;
            this.movedNanos = nowNanos;
        }

        private boolean isSlow(long nowNanos) {
            double seconds = (double) (nowNanos - sinceNanos) / NANOS_PER_SECOND;
            return writtenBytes < seconds * MIN_BYTES_PER_SECOND;
        }

        /** True if the socket has taken nothing for {@code nanos}, as far as the calls of this method can tell. */
        boolean isStalled(long nanos, long nowNanos) {
            if (writtenBytes != seenBytes) {
                seenBytes = writtenBytes;
                movedNanos = nowNanos;
            }
            return nowNanos - movedNanos >= nanos;
        }
    }

    private final AtomicBoolean askedForRelief = new AtomicBoolean();
    private @Nullable Place oldest;
    private @Nullable Place newest;
    private final AtomicInteger size = new AtomicInteger();
    private boolean closing; // connections; each of them writes, and would begin anew
    private long lastNanos; // when it was last looked at; 0 = never

    /** How many queues there are. Any thread. */
    int size() {
        return size.get();
    }

    /** True for the first call until {@link #onRelief}. Any thread. */
    boolean askForRelief() {
        return !askedForRelief.get() && askedForRelief.compareAndSet(false, true);
    }

    void onRelief() {
        askedForRelief.set(false);
    }

    /** Adds a queue that is not empty; nothing happens if it has a place. */
    void add(OutQueue queue, Connection connection, long nowNanos) {
        if (queue.place() != null) {
            return;
        }
        Place place = new Place(queue, connection, nowNanos);
        Place before = newest;
        place.older = before;
        if (before == null) {
            oldest = place;
        } else {
            before.newer = place;
        }
        newest = place;
        size.incrementAndGet();
        queue.place(place);
    }

    /** Removes a queue, if it has a place. */
    void remove(OutQueue queue) {
        Place place = queue.place();
        if (place == null) {
            return;
        }
        Place before = place.older;
        Place after = place.newer;
        if (before == null) {
            oldest = after;
        } else {
            before.newer = after;
        }
        if (after == null) {
            newest = before;
        } else {
            after.older = before;
        }
        size.decrementAndGet();
        queue.place(null);
    }

    /** True once per interval. */
    boolean isDue(long intervalNanos, long nowNanos) {
        if (closing || (lastNanos != 0 && nowNanos - lastNanos < intervalNanos)) {
            return false;
        }
        lastNanos = nowNanos;
        return true;
    }

    /**
     * Closes connections, the one whose queue has not been empty for longest first, until {@code output} has enough.
     *
     * @param minAgeNanos only those whose queue has not been empty for so long, and that read slowly; 0 for all
     * @param minBytes only those for which so much waits
     */
    void close(long minAgeNanos, long minBytes, long nowNanos, OutputBudget output) {
        closing = true;
        try {
            Place place = oldest;
            while (place != null && !output.isRelieved() && nowNanos - place.sinceNanos >= minAgeNanos) {
                Place following = place.newer;
                boolean slow = minAgeNanos == 0 || place.isSlow(nowNanos);
                if (slow && place.queue.pendingBytes() >= minBytes) {
                    place.connection.closeForMemory();
                }
                place = following;
            }
        } finally {
            closing = false;
        }
    }
}
