package dev.broadcaster.websocket;

import dev.broadcaster.protocol.CloseCode;

/** The client's bytes end the connection. The message is the close reason: ASCII, at most 123 bytes. */
final class FrameException extends Exception {
    private static final long serialVersionUID = 1L;

    private final CloseCode code;

    FrameException(CloseCode code, String reason) {
        super(reason, null, false, false); // no stack trace: a client can cause this as often as it likes
        this.code = code;
    }

    /** A message is longer than {@code limit}. */
    static FrameException tooBig(int limit) {
        return new FrameException(CloseCode.MESSAGE_TOO_BIG, "message is too big (expected: <= " + limit + " bytes)");
    }

    /** The node has no memory for what the client has sent. */
    static FrameException atCapacity() {
        return new FrameException(CloseCode.AT_CAPACITY, "at capacity");
    }

    CloseCode code() {
        return code;
    }
}
