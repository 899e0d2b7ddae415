package dev.broadcaster.websocket;

/**
 * Bounds what one connection may do before it is another's turn, in units of about a nanosecond of work. So many small
 * frames, or few bytes that inflate to many, do not keep the other connections of the thread waiting. Owned by the thread.
 */
final class Turn {
    /** As much as four full reads of large messages. */
    static final int UNITS = 256 * 1024;
    /** For each request beside its bytes. */
    static final int REQUEST_UNITS = 1024;
    /** For each control frame, and each frame that is a part of a message. */
    static final int PART_UNITS = 128;

    private int left;

    /** Begins the turn of a connection. */
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

    /** Whether the connection has to stop. */
    boolean isOver() {
        return left <= 0;
    }
}
