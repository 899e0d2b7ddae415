package dev.broadcaster.client;

import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The time of the next connect, by the close code. Guarded by the client's lock. A test compares it with
 * {@code closecodes.json}.
 */
final class Backoff {
    static final int NORMAL = 1000;
    static final int ABNORMAL = 1006;
    static final int TOKEN_VOID = 4401;
    static final int SLOW_CONSUMER = 4409;

    /** Codes after which a client does not reconnect. */
    private static final Set<Integer> STOP = Set.of(NORMAL, 1002, 1003, 1007, 1009, 4400, 4403);
    /** Codes of a node that has no room: longer delays. */
    private static final Set<Integer> CAPACITY = Set.of(1013, 4429);

    private static final int CAPACITY_ATTEMPTS = 4;
    private static final int DRAINING = 1001;
    private static final long JITTER_MILLIS = 500;
    /** A connection of this age was good: the next backoff starts from the beginning. */
    private static final long STABLE_MILLIS = 10_000;

    private final Loop loop;
    /** Since the last connection that lasted. */
    private int failures;
    /** True if the last close was about the token. */
    private boolean tokenVoid;
    /** Null while there is no connection. */
    private @Nullable Long connectedAt;

    Backoff(Loop loop) {
        this.loop = loop;
    }

    /** A connection has lasted, or the application starts again. */
    void reset() {
        failures = 0;
        tokenVoid = false;
        connectedAt = null;
    }

    void onConnected() {
        connectedAt = loop.now();
    }

    void onLost() {
        if (connectedAt != null && loop.now() - connectedAt >= STABLE_MILLIS) {
            reset();
        }
        connectedAt = null;
    }

    /** Milliseconds until the next attempt; empty to stop. */
    OptionalLong next(int code) {
        if (STOP.contains(code)) {
            return OptionalLong.empty();
        }
        if (code == DRAINING || (code == TOKEN_VOID && !tokenVoid)) {
            tokenVoid = code == TOKEN_VOID;
            return OptionalLong.of(loop.upTo(JITTER_MILLIS));
        }
        if (CAPACITY.contains(code)) {
            failures = Math.max(failures, CAPACITY_ATTEMPTS);
            return OptionalLong.of(loop.delay(failures));
        }
        return OptionalLong.of(loop.delay(failures++));
    }
}
