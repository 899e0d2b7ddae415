package dev.broadcaster.protocol;

/** The bytes are not JSON to us, or not the JSON that has to stand there. The message says what, without echoing input. */
public final class MalformedJsonException extends Exception {
    private static final long serialVersionUID = 1L;

    public MalformedJsonException(String message) {
        // No stack trace: a client can cause this as often as it likes.
        super(message, null, false, false);
    }
}
