package dev.broadcaster.websocket;

import dev.broadcaster.protocol.CloseCode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a connection has to do by when. Nothing is rescheduled when bytes arrive: what has come meanwhile is looked at
 * when the timer fires. Monotonic time in nanoseconds, but for the token's expiry, which is wall-clock time.
 */
final class Deadlines {
    /** How long a client may take to answer a close frame. */
    static final long CLOSE_TIMEOUT_NANOS = 5_000_000_000L;
    /** How long a client may take to answer a ping. */
    static final long PONG_TIMEOUT_NANOS = 10_000_000_000L;
    /** A timer that fires so late was slept through by the whole node; what clients sent meanwhile is still to be read. */
    static final long PAUSE_NANOS = 3_000_000_000L;

    private static final long NANOS_A_MILLI = 1_000_000L;
    private static final long MAX_DELAY_MILLIS = 3_600_000L;

    /** What is due: nothing, a ping, or a close. */
    enum Due {
        NOTHING(null, ""),
        PING(null, ""),
        /** No {@code auth} in {@code AUTH_TIMEOUT}. */
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

        /** What the connection is closed with; null if it is not. */
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
    private boolean keepalive; // pings count from the last one, not from what was received
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

    /** When something was last received. */
    long receivedNanos() {
        return receivedNanos;
    }

    boolean isExpired(long nowMillis) {
        return nowMillis >= expiresAtMillis;
    }

    /** What is due now; after {@link Due#PING} a ping counts as sent. */
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

    /** How long nothing can be due, in nanoseconds; {@link #due} is to be asked again then. */
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

    /** The close frame is queued: nothing but {@link #isCloseDue} counts from now on. */
    void onClosing(long nowNanos) {
        dueNanos = nowNanos + CLOSE_TIMEOUT_NANOS;
    }

    /** Whether the time for the client's close is over. A node that slept through its end gives the client another. */
    boolean isCloseDue(long nowNanos) {
        if (nowNanos - dueNanos > PAUSE_NANOS) {
            onClosing(nowNanos);
        }
        return nowNanos - dueNanos >= 0;
    }

    long closeDelayNanos(long nowNanos) {
        return dueNanos - nowNanos;
    }

    /** From when the ping interval counts. */
    private long quietSinceNanos() {
        return keepalive ? pingedNanos : receivedNanos;
    }

    /**
     * From when the time for a pong counts: the ping. A connection that is kept alive gets more pings meanwhile; there it is
     * one interval after the last bytes, when a client that is silent has been pinged.
     */
    private long unansweredSinceNanos(long intervalNanos) {
        return keepalive ? receivedNanos + intervalNanos : pingedNanos;
    }

    /** How long after a ping: a short interval ends before the time for its answer does. */
    private long nextLookNanos(long intervalNanos, long nowNanos) {
        boolean before = nowNanos - pingedNanos < intervalNanos;
        return before ? Math.min(intervalNanos, PONG_TIMEOUT_NANOS) : PONG_TIMEOUT_NANOS;
    }

    private static boolean isSet(Duration duration) {
        return !duration.isZero();
    }
}
