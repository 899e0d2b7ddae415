package dev.broadcaster.redis;

import org.jspecify.annotations.Nullable;

/**
 * What Redis says or is told: an envelope, or whatever else, as it is.
 *
 * @param envelope null if it is none
 * @param bytes empty if it is one
 */
@SuppressWarnings("ArrayRecordComponent") // a value that is passed on once, never compared
record Value(@Nullable Envelope envelope, byte[] bytes) {
    private static final byte[] NONE = {};

    static Value of(Envelope envelope) {
        return new Value(envelope, NONE);
    }

    static Value of(byte[] bytes) {
        return new Value(null, bytes);
    }
}
