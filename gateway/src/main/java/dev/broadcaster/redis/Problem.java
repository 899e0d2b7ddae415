package dev.broadcaster.redis;

import io.lettuce.core.RedisCommandExecutionException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Why a link does not work, in words: what was heard last, logged when it is something new. Owned by the event loop. */
final class Problem {
    /** What Lettuce and the kernel call a connection that ends before Redis has answered. */
    private static final Set<String> HUNG_UP = Set.of("Connection closed prematurely", "Connection reset by peer");

    private static final Logger LOG = LoggerFactory.getLogger(Link.class); // it is the link's

    /** The same refusal is logged again after so long. */
    private static final long REFUSED_AGAIN_NANOS = 10_000_000_000L;

    private final String link;
    private @Nullable String reason;
    private @Nullable String scriptRefusal; // what Redis has against loading one
    private @Nullable String refusal;
    private long refusedNanos;
    private boolean saidByRedis; // to a connection that was being made

    Problem(String link) {
        this.link = link;
    }

    /** The reason, or {@code otherwise} if there is none. */
    String or(String otherwise) {
        return reason == null ? otherwise : reason;
    }

    /**
     * No connection came about. A Redis that has no place for one more client says so and hangs up, and often only the
     * latter is read: that tells nothing that would be worth more than what it said before.
     */
    void onFailed(@Nullable Throwable failure) {
        Throwable cause = rootCause(failure);
        String heard = ErrorText.of(cause);
        if (!saidByRedis || !HUNG_UP.contains(heard)) {
            onTrouble(heard);
            saidByRedis = cause instanceof RedisCommandExecutionException;
        }
    }

    /** What is connected does not work. */
    void onTrouble(String heard) {
        saidByRedis = false;
        String cause = scriptRefusal != null && heard.contains("NOSCRIPT") ? scriptRefusal : heard;
        if (!cause.equals(reason)) {
            reason = cause;
            LOG.warn("Redis {}: {}", link, cause);
        }
    }

    /** A connection has ended; whether others can be made is heard soon. */
    void onGone(String use) {
        LOG.warn("Redis {}: the connection for {} is gone", link, use);
    }

    /** Nothing was heard for so long that the connections are given up. */
    void onSilent(long nanos) {
        reason = "silent";
        LOG.warn("Redis {}: silent for {} s, connecting again", link, nanos / 1_000_000_000L);
    }

    /** Redis does not take a script; of no account as long as it has it from somebody else. */
    void onScriptRefused(String heard) {
        scriptRefusal = "refused: " + heard;
    }

    /** Redis refused something that was asked of it; logged when it is something new, or was not heard for a while. */
    void onRefused(String what, String heard, long now) {
        if (reason != null && reason.endsWith(heard)) {
            return; // it is known, from a probe
        }
        if (!heard.equals(refusal) || now - refusedNanos > REFUSED_AGAIN_NANOS) {
            refusal = heard;
            refusedNanos = now;
            LOG.warn("Redis {}: {}: {}", link, what, heard);
        }
    }

    /** It works. */
    void onProved() {
        reason = null;
        scriptRefusal = null;
        saidByRedis = false;
        LOG.info("Redis {}: connected, and a probe came back", link);
    }

    private static @Nullable Throwable rootCause(@Nullable Throwable failure) {
        Throwable cause = failure;
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
