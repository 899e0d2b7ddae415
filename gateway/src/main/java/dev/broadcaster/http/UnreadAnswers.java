package dev.broadcaster.http;

import dev.broadcaster.budget.Account;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.time.Time;
import io.undertow.server.HttpServerExchange;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioWorker;

/**
 * Limits the bytes that unread responses hold, on all HTTP connections together. Bytes that a socket takes at once are
 * not counted. When the account is full, connections are closed whose clients read slowly, the one that has waited for
 * the longest time first; if there is none, the connection that asks for more is closed.
 *
 * <p>Safe from any thread; methods about one connection are called on its I/O thread.
 */
final class UnreadAnswers {
    /** A client that reads more slowly than this number of bytes per second does not keep up. */
    private static final long MIN_BYTES_PER_SECOND = 64 * 1024;
    /** A response that has waited for less time is not slow. */
    private static final long MIN_AGE_NANOS = 1_000_000_000L;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** A response that waits for its socket. Owned by the I/O thread of the connection. */
    static final class Place {
        private final @Nullable StreamConnection connection; // null in the head of a ring
        private final long bytes; // of the account
        private final long sinceNanos;
        private long taken; // bytes, by the socket
        private Place older = this; // itself = not in a ring
        private Place newer = this;

        private Place(@Nullable StreamConnection connection, long bytes, long nowNanos) {
            this.connection = connection;
            this.bytes = bytes;
            this.sinceNanos = nowNanos;
        }

        /** The held bytes. */
        long bytes() {
            return bytes;
        }

        /** The socket has taken this number of bytes. */
        void onTaken(long count) {
            taken += count;
        }

        private boolean isSlow(long nowNanos) {
            double seconds = (double) (nowNanos - sinceNanos) / NANOS_PER_SECOND;
            return taken < seconds * MIN_BYTES_PER_SECOND;
        }

        private void unlink() {
            older.newer = newer;
            newer.older = older;
            older = this;
            newer = this;
        }
    }

    private final Account account;
    private final Time time;
    private final Metrics metrics;
    private final Place[] rings; // by number of the I/O thread, each owned by it

    UnreadAnswers(Account account, XnioWorker worker, Time time, Metrics metrics) {
        this.account = account;
        this.time = time;
        this.metrics = metrics;
        this.rings = new Place[worker.getIoThreadCount()];
        for (int i = 0; i < rings.length; i++) {
            rings[i] = new Place(null, 0, 0);
        }
    }

    /**
     * Takes {@code bytes} for a response that waits for its socket. On the connection's I/O thread.
     *
     * @return its place, or null if there is no memory; then the connection has been closed
     */
    @Nullable
    Place add(StreamConnection connection, long bytes) {
        Place ring = rings[connection.getIoThread().getNumber()];
        long now = time.nanos();
        if (!take(bytes, ring, now)) {
            cut(connection);
            return null;
        }
        Place place = new Place(connection, bytes, now);
        place.older = ring.older;
        place.newer = ring;
        place.older.newer = place;
        ring.older = place;
        return place;
    }

    private boolean take(long bytes, Place ring, long now) {
        Place oldest = ring.newer;
        while (!account.takeIfFits(bytes)) {
            while (oldest != ring && !oldest.isSlow(now)) {
                oldest = oldest.newer;
            }
            StreamConnection slow = oldest.connection;
            if (slow == null || now - oldest.sinceNanos < MIN_AGE_NANOS) {
                return false;
            }
            remove(oldest);
            cut(slow);
            oldest = ring.newer;
        }
        return true;
    }

    private void cut(StreamConnection connection) {
        account.countRefusal();
        metrics.countRefusal(Refusal.UNREAD_ANSWER);
        IoUtils.safeClose(connection);
    }

    /** Gives back the bytes that {@link #add} took; a second call changes nothing. On the connection's I/O thread. */
    void remove(Place place) {
        if (place.older != place) {
            place.unlink();
            account.add(-place.bytes);
        }
    }

    /**
     * Reserves {@code bytes} for a response that does not exist yet. On the I/O thread of the request.
     *
     * @return false if there is no memory; then the request has been answered with 503
     */
    boolean reserve(HttpServerExchange exchange, long bytes) {
        if (take(bytes, rings[exchange.getIoThread().getNumber()], time.nanos())) {
            return true;
        }
        account.countRefusal();
        metrics.countRefusal(Refusal.UNREAD_ANSWER);
        Http.retryLater(exchange, "too many answers wait to be read");
        return false;
    }

    /** Gives back the bytes that {@link #reserve} took. */
    void release(long bytes) {
        account.add(-bytes);
    }

    /** Counts an unreadable head. */
    void countUnreadable() {
        metrics.countRefusal(Refusal.HEAD);
    }

    /** Counts a connection whose client has not read anything for too long. */
    void countSlowReader() {
        metrics.countRefusal(Refusal.SLOW_READER);
    }
}
