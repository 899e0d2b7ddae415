package dev.broadcaster.websocket;

import dev.broadcaster.protocol.CloseCode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of a connection. Nothing is rescheduled when bytes arrive; the timer checks them when it fires.
 * Monotonic time in nanoseconds, except for the token's expiry, which is wall-clock time.
 */
final class Deadlines {
    /** The time that a client has to answer a close frame. */
    static final long CLOSE_TIMEOUT_NANOS = 5_000_000_000L;
    /** The time that a client has to answer a ping. */
    static final long PONG_TIMEOUT_NANOS = 10_000_000_000L;
    /**
     * A timer that fires this late shows that the process was paused (GC, SIGSTOP). Unread input may be waiting, so
     * clients get another interval.
     */
    static final long PAUSE_NANOS = 3_000_000_000L;

    private static final long NANOS_A_MILLI = 1_000_000L;
    private static final long MAX_DELAY_MILLIS = 3_600_000L;

    /** The due action: nothing, a ping, or a close. */
    enum Due {
        NOTHING(null, ""),
        PING(null, ""),
        /** No {@code auth} within {@code AUTH_TIMEOUT}. */
        AUTHENTICATION(CloseCode.UNAUTHENTICATED, "not authenticated in time"),
        /** The token has expired. */
        EXPIRY(CloseCode.UNAUTHENTICATED, "token expired"),
        /** Nothing received for {@code IDLE_TIMEOUT}. */
        IDLE(CloseCode.IDLE, "nothing received for too long"),
        /** A ping has not been answered. */
        PONG(CloseCode.IDLE, "ping not answered");

        private final @Nullable CloseCode closeCode;
        private final String reason;

        Due(@Nullable CloseCode closeCode, String reason) {
            this.closeCode = closeCode;
            this.reason = reason;
        }

        /** The code for closing the connection; null if it is not closed. */
        @Nullable
        CloseCode closeCode() {
            return closeCode;
        }

        String reason() {
            return reason;
        }
    }

    private final long openedNanos;
    private long receivedNanos;
    private boolean pinged;
    private long pingedNanos;
    private long dueNanos;
    private boolean keepalive; // pings count from the last ping, not from the last input
    private boolean authenticated;
    private long expiresAtMillis = Long.MAX_VALUE;

    Deadlines(long nowNanos) {
        this.openedNanos = nowNanos;
        this.receivedNanos = nowNanos;
    }

    void onReceived(long nowNanos) {
        receivedNanos = nowNanos;
        pinged = false;
    }

    void onIdentity(long newExpiresAtMillis) {
        authenticated = true;
        expiresAtMillis = newExpiresAtMillis;
    }

    /** From now on a ping is due at least once per ping interval, also while the client sends. */
    void keepAlive(long nowNanos) {
        keepalive = true;
        pingedNanos = nowNanos;
    }

    boolean keepsAlive() {
        return keepalive;
    }

    /** The time at which the connection was opened. */
    long openedNanos() {
        return openedNanos;
    }

    /** The time of the last input. */
    long receivedNanos() {
        return receivedNanos;
    }

    boolean isExpired(long nowMillis) {
        return nowMillis >= expiresAtMillis;
    }

    /** The action that is due now; after {@link Due#PING} a ping counts as sent. */
    Due due(WebSocketConfig config, long nowNanos, long nowMillis) {
        if (nowNanos - dueNanos > PAUSE_NANOS) {
            onReceived(nowNanos);
            return isExpired(nowMillis) ? Due.EXPIRY : Due.NOTHING;
        }
        long silence = nowNanos - receivedNanos;
        if (!authenticated && nowNanos - openedNanos >= config.authTimeout().toNanos()) {
            return Due.AUTHENTICATION;
        }
        if (isExpired(nowMillis)) {
            return Due.EXPIRY;
        }
        if (isSet(config.idleTimeout()) && silence >= config.idleTimeout().toNanos()) {
            return Due.IDLE;
        }
        long interval = config.pingInterval().toNanos();
        if (pinged && nowNanos - unansweredSinceNanos(interval) >= PONG_TIMEOUT_NANOS) {
            return Due.PONG;
        }
        if ((pinged && !keepalive) || nowNanos - quietSinceNanos() < interval) {
            return Due.NOTHING;
        }
        pinged = true;
        pingedNanos = nowNanos;
        return Due.PING;
    }

    /** The time in which nothing can be due, in nanoseconds; {@link #due} has to be called again afterwards. */
    long delayNanos(WebSocketConfig config, long nowNanos, long nowMillis) {
        long interval = config.pingInterval().toNanos();
        long delay = pinged && !keepalive
                ? pingedNanos - nowNanos + nextLookNanos(interval, nowNanos)
                : quietSinceNanos() - nowNanos + interval;
        if (pinged) {
            delay = Math.min(delay, unansweredSinceNanos(interval) - nowNanos + PONG_TIMEOUT_NANOS);
        }
        if (isSet(config.idleTimeout())) {
            delay = Math.min(
                    delay, receivedNanos - nowNanos + config.idleTimeout().toNanos());
        }
        if (authenticated) {
            delay = Math.min(delay, Math.min(expiresAtMillis - nowMillis, MAX_DELAY_MILLIS) * NANOS_A_MILLI);
        } else {
            delay = Math.min(
                    delay, openedNanos - nowNanos + config.authTimeout().toNanos());
        }
        dueNanos = nowNanos + Math.max(0, delay);
        return delay;
    }

    /** The close frame is queued: from now on only {@link #isCloseDue} counts. */
    void onClosing(long nowNanos) {
        dueNanos = nowNanos + CLOSE_TIMEOUT_NANOS;
    }

    /**
     * True if the time for the client's close is over. If the node was paused at its end, the client gets the time
     * again.
     */
    boolean isCloseDue(long nowNanos) {
        if (nowNanos - dueNanos > PAUSE_NANOS) {
            onClosing(nowNanos);
        }
        return nowNanos - dueNanos >= 0;
    }

    long closeDelayNanos(long nowNanos) {
        return dueNanos - nowNanos;
    }

    /** The time from which the ping interval counts. */
    private long quietSinceNanos() {
        return keepalive ? pingedNanos : receivedNanos;
    }

    /**
     * The time from which the pong is awaited: the ping. A connection with keepalive gets more pings meanwhile; there
     * it is one interval after the last input, when a silent client has been pinged.
     */
    private long unansweredSinceNanos(long intervalNanos) {
        return keepalive ? receivedNanos + intervalNanos : pingedNanos;
    }

    /** The time from a ping to the next check: a short interval ends before the time for its answer does. */
    private long nextLookNanos(long intervalNanos, long nowNanos) {
        boolean before = nowNanos - pingedNanos < intervalNanos;
        return before ? Math.min(intervalNanos, PONG_TIMEOUT_NANOS) : PONG_TIMEOUT_NANOS;
    }

    private static boolean isSet(Duration duration) {
        return !duration.isZero();
    }
}
