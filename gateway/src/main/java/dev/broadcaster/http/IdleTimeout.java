package dev.broadcaster.http;

import dev.broadcaster.time.Fatal;
import dev.broadcaster.time.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.xnio.XnioExecutor;

/**
 * Closes the HTTP connections of one I/O thread that have waited too long for a request, at most {@value #GRAIN_MILLIS}
 * ms late. A request that has arrived by then is handled. One timer serves all connections; there is none while no
 * connection waits. Owned by the I/O thread.
 */
final class IdleTimeout {
    /** The timer does not fire more often, except while many connections expire. */
    static final int GRAIN_MILLIS = 100;
    /** The number of connections that are closed before the thread handles its ready sockets. */
    static final int MAX_CLOSED = 64;

    private final XnioExecutor thread;
    private final List<HttpSocket> rings;
    private final long timeoutNanos;
    private final Time time;
    private boolean timed; // the timer has been set

    /** {@code rings} are the heads of rings, each in the order in which the connections were active. */
    IdleTimeout(XnioExecutor thread, List<HttpSocket> rings, Duration timeout, Time time) {
        this.thread = thread;
        this.rings = rings;
        this.timeoutNanos = timeout.toNanos();
        this.time = time;
    }

    /** A connection of the rings waits for a request. Returns the time. */
    long onWaiting() {
        if (!timed) {
            startTimer(timeoutNanos);
        }
        return time.nanos();
    }

    private void startTimer(long nanos) {
        try {
            thread.executeAfter(Fatal.guarded(this::onTimer), nanos, TimeUnit.NANOSECONDS);
            timed = true;
        } catch (RejectedExecutionException e) {
            // The thread ends, and its connections with it.
        }
    }

    private void onTimer() {
        timed = false;
        List<HttpSocket> expired = new ArrayList<>(); // closing changes the rings
        long now = time.nanos();
        long remaining = timeoutNanos;
        for (HttpSocket ring : rings) {
            remaining = Math.min(remaining, addExpired(ring, now, expired));
        }
        expired.forEach(HttpSocket::closeIfSilent);
        if (!timed && !rings.stream().allMatch(HttpSocket::isAlone)) {
            long least = TimeUnit.MILLISECONDS.toNanos(expired.size() < MAX_CLOSED ? GRAIN_MILLIS : 1);
            startTimer(Math.max(remaining, least));
        }
    }

    /** Returns the time until the next one expires. */
    private long addExpired(HttpSocket ring, long now, List<HttpSocket> expired) {
        for (HttpSocket socket = ring.following(); socket != ring; socket = socket.following()) {
            if (socket.isWaiting()) { // if not, a request or the rest of it is outstanding, with other deadlines
                long remaining = timeoutNanos - (now - socket.waitingSinceNanos());
                if (remaining > 0 || expired.size() == MAX_CLOSED) {
                    return Math.max(remaining, 0);
                }
                expired.add(socket);
            }
        }
        return timeoutNanos;
    }
}
