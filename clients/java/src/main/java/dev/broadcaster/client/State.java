package dev.broadcaster.client;

/** The state of a client. */
public enum State {
    /** Not connected, because no connection was requested. */
    IDLE,
    /** A token is requested, or a socket opens. */
    CONNECTING,
    /** The socket is open, and the node checks the token. */
    AUTHENTICATING,
    /** Subscriptions and publishes are possible. */
    CONNECTED,
    /** The next attempt follows after a delay. */
    WAITING,
    /** The next attempt follows only after {@link BroadcasterClient#connect}. */
    STOPPED,
    /** {@link BroadcasterClient#close} was called. Final. */
    CLOSED
}
