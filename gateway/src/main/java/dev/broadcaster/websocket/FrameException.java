package dev.broadcaster.websocket;

import dev.broadcaster.protocol.CloseCode;

/** The client's input ends the connection. The message is the close reason: ASCII, at most 123 bytes. */
final class FrameException extends Exception {
    private static final long serialVersionUID = 1L;

    private final CloseCode code;

    FrameException(CloseCode code, String reason) {
        super(reason, null, false, false); // no stack trace, because clients can cause this exception at any rate
        this.code = code;
    }

    /** A message is longer than {@code limit}. */
    static FrameException tooBig(int limit) {
        return new FrameException(CloseCode.MESSAGE_TOO_BIG, "message is too big (expected: <= " + limit + " bytes)");
    }

    /** The node has no memory for the input of the client. */
    static FrameException atCapacity() {
        return new FrameException(CloseCode.AT_CAPACITY, "at capacity");
    }

    CloseCode code() {
        return code;
    }
}
