package dev.broadcaster.client;

import java.util.List;

/**
 * Why a token is asked for.
 *
 * @param channels of {@link Kind#CHANNELS}: the channels that the token has to cover besides; else empty
 * @param attempt counts the calls since the last token that was accepted, from 1
 */
public record TokenReason(Kind kind, List<String> channels, int attempt) {
    /** What happened. */
    public enum Kind {
        /** The first connection. */
        START,
        /** The token ends soon. */
        EXPIRING,
        /** The node did not accept it. */
        REJECTED,
        /** The node closed the connection because of it. */
        CLOSED,
        /** It does not cover channels that are wanted. */
        CHANNELS
    }

    static TokenReason of(Kind kind) {
        return new TokenReason(kind, List.of(), 0);
    }
}
