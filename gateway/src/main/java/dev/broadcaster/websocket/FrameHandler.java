package dev.broadcaster.websocket;

/** Takes what a {@link FrameReader} found. The bytes are valid during the call only. */
interface FrameHandler {
    /** A whole message; text is valid UTF-8. Whether to read on: false makes the reader stop behind this message. */
    boolean onMessage(byte[] bytes, int from, int to, boolean text) throws FrameException;

    /** Whether a message may be deflated: permessage-deflate was negotiated. */
    default boolean acceptsDeflated() {
        return false;
    }

    void onPing(byte[] bytes, int from, int to);

    default void onPong() {}

    /** The client closes; {@code code} is valid to receive, or {@link FrameReader#NO_CODE}. Nothing is read after it. */
    void onClose(int code);
}
