package dev.broadcaster.client;

/** Where a client stands. */
public enum State {
    /** Not connected, because nobody asked for it. */
    IDLE,
    /** A token is asked for, or a socket opens. */
    CONNECTING,
    /** The socket is open, and the node checks the token. */
    AUTHENTICATING,
    /** Subscriptions and publishes go through. */
    CONNECTED,
    /** The next attempt comes in a while. */
    WAITING,
    /** The next attempt comes only after {@link BroadcasterClient#connect}. */
    STOPPED,
    /** {@link BroadcasterClient#close} was called. Final. */
    CLOSED
}
