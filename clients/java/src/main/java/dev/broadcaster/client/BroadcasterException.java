package dev.broadcaster.client;

import org.jspecify.annotations.Nullable;

/**
 * The base of all failures that this library reports. The subclass states what happened and what an application can do;
 * the message is for people. Tokens and API keys are never part of a message.
 */
@SuppressWarnings("serial") // never serialized
public abstract sealed class BroadcasterException extends RuntimeException {
    private final boolean retryable;
    /** Set before another thread sees the exception. */
    private @Nullable Refusal refusal;

    /**
     * The words of a node that refused a request.
     *
     * @param status the HTTP status; 0 for a request over the socket
     * @param code the error code of the protocol, such as {@code PermissionDenied}; empty if the answer has none, because
     *     it is not from a gateway
     * @param message the message of the node; empty if there is none
     */
    public record Refusal(int status, String code, String message) {}

    private BroadcasterException(String message, boolean retryable, @Nullable Throwable cause) {
        super(message, cause);
        this.retryable = retryable;
    }

    /** The name of the kind, the same in all languages: {@code NotPublished}, {@code Denied} and so on. */
    public final String code() {
        return getClass().getSimpleName();
    }

    /** True if the same call may succeed later. */
    public final boolean retryable() {
        return retryable;
    }

    /** The words of the node; null if the error is not the answer to a request. */
    public final @Nullable Refusal refusal() {
        return refusal;
    }

    /** Sets {@link #refusal}. Called by the thread that makes the exception. */
    final BroadcasterException because(int status, String nodeCode, String message) {
        refusal = new Refusal(status, nodeCode, message);
        return this;
    }

    /** The message was certainly not accepted. */
    public static final class NotPublished extends BroadcasterException {
        public NotPublished(String message) {
            this(message, null);
        }

        public NotPublished(String message, @Nullable Throwable cause) {
            super(message, true, cause);
        }
    }

    /**
     * The message may have been accepted or not. Retryable if it was sent with an idempotency key: the same event and
     * payload under {@link #idempotencyKey()} within five minutes are published once.
     */
    public static final class OutcomeUnknown extends BroadcasterException {
        private final @Nullable String idempotencyKey;

        public OutcomeUnknown(String message, @Nullable String idempotencyKey, @Nullable Throwable cause) {
            super(message, idempotencyKey != null, cause);
            this.idempotencyKey = idempotencyKey;
        }

        /** The key that the message was sent with, or null when the node does not support keys. */
        public @Nullable String idempotencyKey() {
            return idempotencyKey;
        }
    }

    /** The token or the API key does not allow it. */
    public static final class Denied extends BroadcasterException {
        public Denied(String message) {
            super(message, false, null);
        }
    }

    /** The request was wrong: a name, a payload, a method that the node does not support. */
    public static final class Invalid extends BroadcasterException {
        public Invalid(String message) {
            this(message, null);
        }

        public Invalid(String message, @Nullable Throwable cause) {
            super(message, false, cause);
        }
    }

    /** A limit of the node or of this client. */
    public static final class LimitReached extends BroadcasterException {
        public LimitReached(String message) {
            super(message, false, null);
        }
    }

    /**
     * No token is accepted. A {@link TokenProvider} throws it to stop the client, for example because the user has to
     * log in again.
     */
    public static final class Unauthorized extends BroadcasterException {
        public Unauthorized(String message) {
            super(message, false, null);
        }
    }

    /** The node closed the connection with a code that means: do not reconnect. */
    public static final class Stopped extends BroadcasterException {
        private final int closeCode;
        private final String reason;

        public Stopped(int closeCode, String reason) {
            super("closed: " + closeCode + " " + reason, false, null);
            this.closeCode = closeCode;
            this.reason = reason;
        }

        /** The WebSocket close code. */
        public int closeCode() {
            return closeCode;
        }

        /** The reason in the close frame; may be empty. */
        public String reason() {
            return reason;
        }
    }

    /** The node cannot be reached, or cannot serve now. */
    public static final class Unavailable extends BroadcasterException {
        private final int status;

        public Unavailable(String message, int status, @Nullable Throwable cause) {
            super(message, true, cause);
            this.status = status;
        }

        /** The HTTP status of a refused request, or 0 without one. */
        public int status() {
            return status;
        }
    }

    /** No answer in time. */
    public static final class Timeout extends BroadcasterException {
        public Timeout(String message) {
            super(message, true, null);
        }
    }

    /** The node sent something that the protocol does not allow. The client reconnects if necessary. */
    public static final class ProtocolViolation extends BroadcasterException {
        public ProtocolViolation(String message) {
            super(message, false, null);
        }
    }

    /** The client or the handle was closed, or the node has ended the subscription. */
    public static final class Closed extends BroadcasterException {
        public Closed(String message) {
            super(message, false, null);
        }
    }
}
