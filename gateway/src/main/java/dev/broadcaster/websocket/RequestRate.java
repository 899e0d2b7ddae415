package dev.broadcaster.websocket;

import dev.broadcaster.protocol.CloseCode;

/**
 * The limit of a client's requests: the generic cell rate algorithm (ITU-T I.371). Its only state per client is the
 * theoretical arrival time: the time at which an even rate would have reached all requests so far.
 *
 * @param perSecond 0 = no limit
 */
record RequestRate(int perSecond) {
    /** This number of control frames, or parts of messages, counts as one request. */
    static final int PARTS = 10;

    /** A burst may take the requests of this time. */
    private static final long BURST_NANOS = 2_000_000_000L;

    /**
     * Counts a request that came at {@code nowNanos}.
     *
     * @param arrivalNanos the client's theoretical arrival time; at first any time that has passed
     * @return the new one
     * @throws FrameException if the request is one too many
     */
    long take(long arrivalNanos, long nowNanos) throws FrameException {
        if (perSecond == 0) {
            return arrivalNanos;
        }
        long next = next(arrivalNanos, nowNanos, perSecond);
        if (next - nowNanos > BURST_NANOS) {
            throw new FrameException(
                    CloseCode.RATE_LIMITED, "too many requests (expected: <= " + perSecond + " a second)");
        }
        return next;
    }

    /** Like {@link #take}, for a control frame or a frame that is a part of a message. */
    long takePart(long arrivalNanos, long nowNanos) throws FrameException {
        if (perSecond == 0) {
            return arrivalNanos;
        }
        long partsPerSecond = (long) PARTS * perSecond;
        long next = next(arrivalNanos, nowNanos, partsPerSecond);
        if (next - nowNanos > BURST_NANOS) {
            throw new FrameException(
                    CloseCode.RATE_LIMITED, "too many frames (expected: <= " + partsPerSecond + " a second)");
        }
        return next;
    }

    private static long next(long arrivalNanos, long nowNanos, long perSecond) {
        return (arrivalNanos - nowNanos > 0 ? arrivalNanos : nowNanos) + 1_000_000_000L / perSecond;
    }
}
