package dev.broadcaster.client;

import org.jspecify.annotations.Nullable;

/**
 * Messages that a handle did not get.
 *
 * @param count how many; of a hole: at least; null when nobody knows
 * @param from of a hole: the first {@code seq} that is missing
 * @param to of a hole: the last {@code seq} that is missing
 */
public record Gap(
        Cause cause,
        @Nullable Long count,
        @Nullable Long from,
        @Nullable Long to) {
    /** Why messages are missing. */
    public enum Cause {
        /** The node says that messages were lost. */
        HOLE,
        /** The connection was lost, and what was missed cannot be recovered. */
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
