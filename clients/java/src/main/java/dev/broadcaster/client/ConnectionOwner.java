package dev.broadcaster.client;

/** Receives the events of the connection. Under the client's lock. */
interface ConnectionOwner {
    /**
     * {@code auth} is written, and frames that are written now share its round trip; called again when it was accepted.
     */
    void onOpen();

    /** No call of the connection waits any longer. */
    void onLost();

    /** The client gave up, or was closed, because of {@code error}. */
    void onEnd(BroadcasterException error);

    void onNotification(String method, JsonObject frame);

    void onState(StateEvent event);

    void onSlowConsumer();

    void report(Throwable error);
}
