package dev.broadcaster.websocket;

import java.util.Arrays;

/**
 * The bytes of a message that has arrived in part. Takes memory as bytes arrive, and asks the handler before. Owned by
 * a {@link FrameReader}.
 */
final class MessageBuffer {
    private static final byte[] NOTHING = {};
    /** The heap bytes of a reader without a message, the array for control frames included. */
    private static final int READER_BYTES = 320;

    private byte[] bytes = NOTHING;
    private int length;
    private long held; // taken of the node's memory

    int length() {
        return length;
    }

    /**
     * Adds bytes.
     *
     * @param limit the largest length of the message
     * @throws FrameException if the node has no memory for them
     */
    void append(byte[] from, int at, int count, int limit, FrameHandler handler) throws FrameException {
        if (bytes.length - length < count) {
            long wanted = Math.max(length + (long) count, Math.min(2L * bytes.length, limit));
            hold(wanted - bytes.length, handler);
            bytes = Arrays.copyOf(bytes, (int) wanted);
        }
        System.arraycopy(from, at, bytes, length, count);
        length += count;
    }

    /** Removes and returns the array with the message, which is still counted until {@link #release}. */
    byte[] take() {
        byte[] taken = bytes;
        bytes = NOTHING;
        length = 0;
        return taken;
    }

    /** Gives back the memory of an array. */
    void release(byte[] taken, FrameHandler handler) {
        long count = Math.min(held, taken.length); // 0 if the handler has ended the connection
        held -= count;
        handler.release(count);
    }

    /**
     * Also counts the reader, which belongs to one connection until it is idle.
     *
     * @throws FrameException if the node has no memory for it
     */
    void keep(FrameHandler handler) throws FrameException {
        long wanted = (long) bytes.length + READER_BYTES;
        if (held < wanted) {
            hold(wanted - held, handler);
        }
    }

    /** Gives back all memory, and drops the message. */
    void free(FrameHandler handler) {
        if (held > 0) {
            handler.release(held);
            held = 0;
        }
        take();
    }

    private void hold(long count, FrameHandler handler) throws FrameException {
        if (!handler.hold(held, count)) {
            throw FrameException.atCapacity();
        }
        held += count;
    }
}
