package dev.broadcaster.client;

/** Who is told what happens to the connection. Under the client's lock. */
interface ConnectionOwner {
    /** {@code auth} is written, and what is written now shares its round trip; again when it was accepted. */
    void onOpen();

    /** No call of the connection waits any longer. */
    void onLost();

    /** The client gave up, or was closed: {@code error} says why. */
    void onEnd(BroadcasterException error);

    void onNotification(String method, JsonObject frame);

    void onState(StateEvent event);

    void onSlowConsumer();

    void report(Throwable error);
}
