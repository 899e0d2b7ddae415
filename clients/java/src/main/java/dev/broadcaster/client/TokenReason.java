package dev.broadcaster.client;

import java.util.List;

/**
 * The reason for a request of a token.
 *
 * @param channels of {@link Kind#CHANNELS}: further channels that the token has to cover; else empty
 * @param attempt counts the calls since the last accepted token, from 1
 */
public record TokenReason(Kind kind, List<String> channels, int attempt) {
    /** The event. */
    public enum Kind {
        /** The first connection. */
        START,
        /** The token ends soon. */
        EXPIRING,
        /** The node did not accept it. */
        REJECTED,
        /** The node closed the connection because of it. */
        CLOSED,
        /** It does not cover wanted channels. */
        CHANNELS
    }

    static TokenReason of(Kind kind) {
        return new TokenReason(kind, List.of(), 0);
    }
}
