package dev.broadcaster.client;

import org.jspecify.annotations.Nullable;

/**
 * Messages that a handle did not receive.
 *
 * @param count their number; of a hole: the smallest possible; null when unknown
 * @param from of a hole: the first missing {@code seq}
 * @param to of a hole: the last missing {@code seq}
 */
public record Gap(
        Cause cause,
        @Nullable Long count,
        @Nullable Long from,
        @Nullable Long to) {
    /** The reason why messages are missing. */
    public enum Cause {
        /** The node reports that messages were lost. */
        HOLE,
        /** The connection was lost, and the missed messages cannot be recovered. */
        AWAY,
        /** This process did not take them in time. */
        CONSUMER
    }

    static Gap away() {
        return new Gap(Cause.AWAY, null, null, null);
    }

    static Gap consumer(long count) {
        return new Gap(Cause.CONSUMER, count, null, null);
    }
}
