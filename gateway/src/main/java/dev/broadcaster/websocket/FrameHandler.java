package dev.broadcaster.websocket;

/** Receives the results of a {@link FrameReader}. The bytes are valid only during the call. */
interface FrameHandler {
    /**
     * A complete message; text is valid UTF-8. True to continue reading; false makes the reader stop after this
     * message.
     */
    boolean onMessage(byte[] bytes, int from, int to, boolean text) throws FrameException;

    /** True if a message may be deflated: permessage-deflate was negotiated. */
    default boolean acceptsDeflated() {
        return false;
    }

    /** The longest message that may start or continue now, if that is less than the limit of the reader. */
    default int maxMessageBytes() {
        return Integer.MAX_VALUE;
    }

    /**
     * Takes {@code bytes} of the node's memory for a partly received message that already holds {@code held} of it.
     * True if they were taken; if not, nothing is taken.
     */
    default boolean hold(long held, long bytes) {
        return true;
    }

    /** Gives back the bytes that {@link #hold} took. */
    default void release(long bytes) {}

    /**
     * A control frame other than a close, or a frame of a message that is not its last, has been read. True to continue
     * reading; false makes the reader stop after this frame.
     *
     * @throws FrameException if there are too many
     */
    default boolean onPart() throws FrameException {
        return true;
    }

    void onPing(byte[] bytes, int from, int to);

    default void onPong() {}

    /**
     * The client closes; {@code code} is valid to receive, or {@link FrameReader#NO_CODE}. Nothing is read after it.
     */
    void onClose(int code);
}
