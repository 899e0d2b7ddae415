package dev.broadcaster.protocol;

/** The bytes are not JSON, or not the required JSON. The message states the fault without echoing input. */
public final class MalformedJsonException extends Exception {
    private static final long serialVersionUID = 1L;

    public MalformedJsonException(String message) {
        // No stack trace, because clients can cause this exception at any rate.
        super(message, null, false, false);
    }
}
