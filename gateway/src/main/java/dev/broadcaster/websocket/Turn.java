package dev.broadcaster.websocket;

/**
 * Limits the work of one connection before the others have their turn, in units of about a nanosecond. So many small
 * frames, or few bytes that inflate to many, do not delay the other connections of the thread. Owned by the thread.
 */
final class Turn {
    /** As much as one full read of large messages, because all ready connections have a turn before a new one is read. */
    static final int UNITS = 64 * 1024;
    /** Per request, in addition to its bytes. */
    static final int REQUEST_UNITS = 4 * 1024;
    /** Per control frame, and per frame that is a part of a message. */
    static final int PART_UNITS = 128;

    private int left;

    /** Starts the turn of a connection. */
    void begin() {
        left = UNITS;
    }

    /** Counts a request of {@code bytes} after inflation. */
    void onRequest(int bytes) {
        left -= Math.min(UNITS, bytes + REQUEST_UNITS);
    }

    /** Counts a control frame, or a frame that is a part of a message. */
    void onPart() {
        left -= PART_UNITS;
    }

    /** True if the connection has to stop. */
    boolean isOver() {
        return left <= 0;
    }
}
