package dev.broadcaster.relay;

/** Told what became of a subscribe: one of the two, once. May not block. */
public interface SubscribeCallback {
    /** The channel is received: what is accepted from now on is delivered or reported as lost. */
    void onSubscribed();

    /**
     * The channel could not be received in time. The relay goes on trying for as long as the subscribe is not taken back
     * with {@link Relay#unsubscribe}, which is the caller's to do.
     *
     * @param reason for the client, beginning with {@code not subscribed}
     */
    void onFailed(String reason);
}
