package dev.broadcaster.websocket;

/** Takes what a {@link FrameReader} found. The bytes are valid during the call only. */
interface FrameHandler {
    /** A whole message; text is valid UTF-8. Whether to read on: false makes the reader stop behind this message. */
    boolean onMessage(byte[] bytes, int from, int to, boolean text) throws FrameException;

    /** Whether a message may be deflated: permessage-deflate was negotiated. */
    default boolean acceptsDeflated() {
        return false;
    }

    /** The longest message that may begin or go on now, where that is less than what the reader takes. */
    default int maxMessageBytes() {
        return Integer.MAX_VALUE;
    }

    /**
     * Takes {@code bytes} of the node's memory for a message that has come in part, and that holds {@code held} of it.
     * Whether it may; if not, nothing is taken.
     */
    default boolean hold(long held, long bytes) {
        return true;
    }

    /** Gives back what {@link #hold} has taken. */
    default void release(long bytes) {}

    /**
     * A control frame other than a close, or a frame that is a part of a message and does not end it, has been read.
     * Whether to read on: false makes the reader stop behind this frame.
     *
     * @throws FrameException if there are too many
     */
    default boolean onPart() throws FrameException {
        return true;
    }

    void onPing(byte[] bytes, int from, int to);

    default void onPong() {}

    /** The client closes; {@code code} is valid to receive, or {@link FrameReader#NO_CODE}. Nothing is read after it. */
    void onClose(int code);
}
