package dev.broadcaster.redis.link;

import dev.broadcaster.time.Fatal;
import io.lettuce.core.RedisCommandExecutionException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The answers of Redis. A listener receives a value or a failure; the other is null. Futures of Lettuce swallow the
 * exceptions of a listener: here they are logged, and an {@code Error} is fatal.
 *
 * <p>The texts of errors are safe for the log and the management port. Redis repeats the arguments of an unknown
 * command, which may include the password of {@code AUTH} or a payload: {@code ERR unknown command 'AUTH', with args
 * beginning with: 'secret'}. They are removed.
 */
final class Answers {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

    private static final String RUN_ID = "run_id:";
    private static final int SERVER_LENGTH = 12;
    private static final String ARGUMENTS = ", with args beginning with:";

    private Answers() {}

    /** Passes the result of {@code future} to {@code listener}, on the thread that completes it. */
    static <T> void take(CompletionStage<T> future, BiConsumer<T, Throwable> listener) {
        var unused = future.whenComplete(guarded(listener));
    }

    /** Passes the result of {@code future} to {@code listener}, on {@code executor}. */
    static <T> void takeOn(Executor executor, CompletionStage<T> future, BiConsumer<T, Throwable> listener) {
        var unused = future.whenCompleteAsync(guarded(listener), executor);
    }

    private static <T> BiConsumer<T, Throwable> guarded(BiConsumer<T, Throwable> listener) {
        return (value, failure) -> {
            try {
                Fatal.endIfError(failure);
                listener.accept(value, failure);
            } catch (RuntimeException e) {
                LOG.error("exception while handling an answer from Redis", e);
            } catch (Error e) {
                throw Fatal.end(e);
            }
        };
    }

    /** True if Redis has answered with an error; false if the connection has ended, or the answer is late. */
    static boolean isRefusal(@Nullable Throwable failure) {
        return cause(failure) instanceof RedisCommandExecutionException;
    }

    /** The message of {@code failure}, or its class if it has none. */
    static String error(@Nullable Throwable failure) {
        Throwable cause = cause(failure);
        String message = cause == null ? null : cause.getMessage();
        return message == null ? String.valueOf(cause) : error(message);
    }

    /** An error reply without the arguments that it repeats. */
    static String error(String reply) {
        int arguments = reply.indexOf(ARGUMENTS);
        return arguments < 0 ? reply : reply.substring(0, arguments);
    }

    private static @Nullable Throwable cause(@Nullable Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /** The process of Redis in the answer to {@code INFO server}, without spaces; null if it is missing. */
    static @Nullable String process(@Nullable String info) {
        int start = info == null ? -1 : info.indexOf(RUN_ID);
        if (info == null || start < 0) {
            return null;
        }
        int end = info.indexOf('\r', start);
        return info.substring(start + RUN_ID.length(), end < 0 ? info.length() : end)
                .strip();
    }

    /** The name of a process for the script: a part that is practically unique. */
    static String serverName(String process) {
        return process.substring(0, Math.min(process.length(), SERVER_LENGTH));
    }
}
