package dev.broadcaster.cli;

import java.util.Map;

/**
 * The reaction of a client to a close code (PROTOCOL section 7). The table determines both the printed text and the
 * action of {@code subscribe --reconnect}. A test compares it with docs/use.md and with {@code clients/closecodes.json},
 * which the console shows.
 *
 * @param text for people
 */
record CloseAdvice(Action action, String text) {
    /** The automatic action of a client. */
    enum Action {
        /** Stops, because it would be closed again. */
        STOP,
        /** Reconnects after a short random time. */
        NOW,
        /** Reconnects after a random time whose limit doubles with each attempt. */
        BACKOFF,
        /** Gets a new token and reconnects; stops if it cannot get one. */
        TOKEN
    }

    private static final CloseAdvice BUG =
            new CloseAdvice(Action.STOP, "do not reconnect; this is a bug of the client");
    private static final CloseAdvice LATER = new CloseAdvice(Action.BACKOFF, "reconnect, and wait longer each time");

    /** Every code that the protocol names. */
    static final Map<Integer, CloseAdvice> TABLE = Map.ofEntries(
            Map.entry(1000, new CloseAdvice(Action.STOP, "nothing to do")),
            Map.entry(1001, new CloseAdvice(Action.NOW, "the node is going away; reconnect now")),
            Map.entry(1002, BUG),
            Map.entry(1003, BUG),
            Map.entry(1007, BUG),
            Map.entry(1009, new CloseAdvice(Action.STOP, "do not reconnect; a message was too large")),
            Map.entry(1011, LATER),
            Map.entry(1013, LATER),
            Map.entry(4400, BUG),
            Map.entry(4401, new CloseAdvice(Action.TOKEN, "get a new token, then reconnect")),
            Map.entry(4403, new CloseAdvice(Action.STOP, "do not reconnect; the access of this user was revoked")),
            Map.entry(4408, new CloseAdvice(Action.BACKOFF, "reconnect; the node received nothing from this client")),
            Map.entry(4409, new CloseAdvice(Action.BACKOFF, "reconnect; this client read too slowly")),
            Map.entry(
                    4429, new CloseAdvice(Action.BACKOFF, "reconnect, and wait longer each time; too many requests")));

    /** The advice for a code. A code that the protocol does not name means reconnect, because codes may be added. */
    static CloseAdvice of(int code) {
        return TABLE.getOrDefault(code, LATER);
    }
}
