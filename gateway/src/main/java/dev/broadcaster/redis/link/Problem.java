package dev.broadcaster.redis.link;

import dev.broadcaster.time.RepeatedLines;
import dev.broadcaster.time.Time;
import io.lettuce.core.RedisCommandExecutionException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reason why a link does not work: the last error. Each is logged as {@link RepeatedLines} says, also when several
 * alternate. Owned by the event loop.
 */
final class Problem {
    /** The texts of Lettuce and the kernel for a connection that ends before Redis has answered. */
    private static final Set<String> HUNG_UP = Set.of("Connection closed prematurely", "Connection reset by peer");

    private static final Logger LOG = LoggerFactory.getLogger(Link.class);

    private final String link;
    private final Time time;
    private final RepeatedLines lines = new RepeatedLines();
    private @Nullable String reason;
    private @Nullable String scriptRefusal; // the error with which Redis has refused to load a script
    private boolean saidByRedis; // the reason is an error reply to a connection attempt
    private boolean told = true; // something was logged since the last line that the link works, or nothing at all

    Problem(String link, Time time) {
        this.link = link;
        this.time = time;
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
        reason = cause;
        warn(cause);
    }

    private void warn(String text) {
        long leftOut = lines.onLine(RepeatedLines.withoutCounts(text), time.nanos());
        if (leftOut != RepeatedLines.LEFT_OUT) {
            told = true;
            LOG.warn("Redis {}: {}{}", link, text, RepeatedLines.suffix(leftOut));
        }
    }

    /** A connection has ended. */
    void onGone(String use) {
        warn("lost the connection for " + use);
    }

    /** Redis was silent for so long that the connections are closed. */
    void onSilent(long nanos) {
        reason = "silent";
        warn("no answer for " + nanos / 1_000_000_000L + " s, reconnecting");
    }

    /** Redis has refused to load a script; this does not matter if another node has loaded it. */
    void onScriptRefused(String heard) {
        scriptRefusal = "refused: " + heard;
    }

    /** Redis has refused a command. */
    void onRefused(String what, String heard) {
        if (reason == null || !reason.endsWith(heard)) { // else known from a probe
            warn(what + ": " + heard);
        }
    }

    /** The link works; logged if the last line says that it does not. */
    void onProved() {
        reason = null;
        scriptRefusal = null;
        saidByRedis = false;
        if (told) {
            told = false;
            LOG.info("Redis {}: connected, and a probe returned", link);
        }
    }

    private static @Nullable Throwable rootCause(@Nullable Throwable failure) {
        Throwable cause = failure;
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
