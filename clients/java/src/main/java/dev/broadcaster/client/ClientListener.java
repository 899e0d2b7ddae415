package dev.broadcaster.client;

/**
 * The events of a client. All methods are called by the client's executor, one after the other and in one order with
 * those of {@link ChannelListener}. An exception of a method goes to {@link #onError}.
 */
public interface ClientListener {
    /** The state has changed. */
    default void onState(StateEvent event) {}

    /**
     * An error that was returned to no caller: a {@link BroadcasterException}, or an exception of a listener, a token
     * provider or a resync. Without a listener, errors are logged as warnings of {@code dev.broadcaster.client}.
     */
    default void onError(Throwable error) {}

    /** The node closed the connection for the third time within a minute because it was read too slowly. */
    default void onSlowConsumer() {}
}
