package dev.broadcaster.redis.link;

import io.lettuce.core.RedisCommandExecutionException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The reason why a link does not work: the last error, logged when it is new. Owned by the event loop. */
final class Problem {
    /** The texts of Lettuce and the kernel for a connection that ends before Redis has answered. */
    private static final Set<String> HUNG_UP = Set.of("Connection closed prematurely", "Connection reset by peer");

    private static final Logger LOG = LoggerFactory.getLogger(Link.class);

    /** The same refusal is logged again after this time. */
    private static final long REFUSED_AGAIN_NANOS = 10_000_000_000L;

    private final String link;
    private @Nullable String reason;
    private @Nullable String scriptRefusal; // the error with which Redis has refused to load a script
    private @Nullable String refusal;
    private long refusedNanos;
    private boolean saidByRedis; // the reason is an error reply to a connection attempt

    Problem(String link) {
        this.link = link;
    }

    /** The reason, or {@code otherwise} if there is none. */
    String or(String otherwise) {
        return reason == null ? otherwise : reason;
    }

    /**
     * A connection could not be made. A Redis with too many clients sends an error and closes the connection, and often
     * only the close is noticed: then the earlier error is the better reason.
     */
    void onFailed(@Nullable Throwable failure) {
        Throwable cause = rootCause(failure);
        String heard = Answers.error(cause);
        if (!saidByRedis || !HUNG_UP.contains(heard)) {
            onTrouble(heard);
            saidByRedis = cause instanceof RedisCommandExecutionException;
        }
    }

    /** The connections are up, but do not work. */
    void onTrouble(String heard) {
        saidByRedis = false;
        String cause = scriptRefusal != null && heard.contains("NOSCRIPT") ? scriptRefusal : heard;
        if (!cause.equals(reason)) {
            reason = cause;
            LOG.warn("Redis {}: {}", link, cause);
        }
    }

    /** A connection has ended. */
    void onGone(String use) {
        LOG.warn("Redis {}: lost the connection for {}", link, use);
    }

    /** Redis was silent for so long that the connections are closed. */
    void onSilent(long nanos) {
        reason = "silent";
        LOG.warn("Redis {}: no answer for {} s, reconnecting", link, nanos / 1_000_000_000L);
    }

    /** Redis has refused to load a script; this does not matter if another node has loaded it. */
    void onScriptRefused(String heard) {
        scriptRefusal = "refused: " + heard;
    }

    /** Redis has refused a command; logged if the error is new, or was not logged for a while. */
    void onRefused(String what, String heard, long now) {
        if (reason != null && reason.endsWith(heard)) {
            return; // known from a probe
        }
        if (!heard.equals(refusal) || now - refusedNanos > REFUSED_AGAIN_NANOS) {
            refusal = heard;
            refusedNanos = now;
            LOG.warn("Redis {}: {}: {}", link, what, heard);
        }
    }

    /** The link works. */
    void onProved() {
        reason = null;
        scriptRefusal = null;
        saidByRedis = false;
        LOG.info("Redis {}: connected, and a probe returned", link);
    }

    private static @Nullable Throwable rootCause(@Nullable Throwable failure) {
        Throwable cause = failure;
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
