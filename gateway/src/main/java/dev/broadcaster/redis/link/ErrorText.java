package dev.broadcaster.redis.link;

import org.jspecify.annotations.Nullable;

/**
 * Error replies of Redis, safe for the log and the management port. Redis repeats the arguments of an unknown command,
 * which may include the password of {@code AUTH} or a payload: {@code ERR unknown command 'AUTH', with args beginning
 * with: 'secret'}. They are removed.
 */
final class ErrorText {
    private static final String ARGUMENTS = ", with args beginning with:";

    private ErrorText() {}

    /** The message of {@code failure}, or its class if it has none. */
    static String of(@Nullable Throwable failure) {
        String message = failure == null ? null : failure.getMessage();
        return message == null ? String.valueOf(failure) : of(message);
    }

    /** An error reply without the arguments that it repeats. */
    static String of(String reply) {
        int arguments = reply.indexOf(ARGUMENTS);
        return arguments < 0 ? reply : reply.substring(0, arguments);
    }
}
