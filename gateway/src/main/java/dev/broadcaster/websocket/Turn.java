package dev.broadcaster.websocket;

/**
 * Limits the work of one connection before the others have their turn: in units of about a nanosecond, so that many
 * small frames, or few bytes that inflate to many, do not delay the other connections of the thread; and in time,
 * because a few requests, such as those that read a history, take as long as many. Owned by the thread.
 */
final class Turn {
    /** As much as one full read of large messages, because all ready connections have a turn before a new one is read. */
    static final int UNITS = 64 * 1024;
    /** Per request, in addition to its bytes. */
    static final int REQUEST_UNITS = 4 * 1024;
    /** Per control frame, and per frame that is a part of a message. */
    static final int PART_UNITS = 128;

    /** More than requests take for {@link #UNITS} on a JVM that has compiled them. */
    static final long NANOS = 250_000;
    /** A request that takes longer has used several turns. */
    static final long LONG_NANOS = 1_000_000;

    private int left;
    private long beginNanos;
    private boolean isLong;

    /** Starts the turn of a connection, at this time. */
    void begin(long nanos) {
        left = UNITS;
        beginNanos = nanos;
        isLong = false;
    }

    /** Counts a request of {@code bytes} after inflation. */
    void onRequest(int bytes) {
        left -= Math.min(UNITS, bytes + REQUEST_UNITS);
    }

    /** A request has been handled, until this time. */
    void onHandled(long nanos) {
        long taken = nanos - beginNanos;
        if (taken > NANOS) {
            left = 0;
            isLong |= taken > LONG_NANOS;
        }
    }

    /** Counts a control frame, or a frame that is a part of a message. */
    void onPart() {
        left -= PART_UNITS;
    }

    /** True if the connection has to stop. */
    boolean isOver() {
        return left <= 0;
    }

    /** True if the turn took so long that the connection has to wait for its next one, also for its next input. */
    boolean isLong() {
        return isLong;
    }
}
