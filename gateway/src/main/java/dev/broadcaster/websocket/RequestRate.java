package dev.broadcaster.websocket;

import dev.broadcaster.protocol.CloseCode;

/**
 * How often a client may make a request: the generic cell rate algorithm (ITU-T I.371). All that it needs to know of a
 * client is one number, the theoretical arrival time: when the requests so far would have been in order at an even rate.
 *
 * @param perSecond 0 = no limit
 */
record RequestRate(int perSecond) {
    /** So many control frames, or parts of messages, count as one request. */
    static final int PARTS = 10;

    /** A burst may take as much of the rate as this gives. */
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

    /** As {@link #take}, for a control frame or a frame that is a part of a message. */
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
