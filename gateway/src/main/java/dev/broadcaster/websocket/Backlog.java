package dev.broadcaster.websocket;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The queues of one I/O thread whose sockets take no more, ordered by the time since they were last empty, the longest
 * first. Owned by the thread, except for {@link #size} and {@link #askForRelief}.
 */
final class Backlog {
    /** A client that reads more slowly than this number of bytes per second does not keep up. */
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
        private long seenBytes; // writtenBytes at the last call of isStalled
        private long movedNanos; // the time when isStalled saw a change

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

        /** True if the socket has taken nothing for {@code nanos}, as far as the calls of this method show. */
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
    private boolean closing; // connections; each of them writes, and would start again
    private long lastNanos; // the time of the last check; 0 = never

    /** The number of queues. Any thread. */
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

    /** Adds a queue that is not empty; does nothing if it has a place. */
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
     * Closes connections, in the order of the time since their queue was last empty, the longest first, until
     * {@code output} has enough room.
     *
     * @param minAgeNanos only those whose queue has not been empty for this time, and that read slowly; 0 for all
     * @param minBytes only those for which this number of bytes waits
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
