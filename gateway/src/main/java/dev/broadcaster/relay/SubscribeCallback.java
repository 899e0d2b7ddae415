package dev.broadcaster.relay;

/** Receives the outcome of a subscribe: one of the two methods is called, once. May not block. */
public interface SubscribeCallback {
    /**
     * The node is subscribed to the channel: every message that is accepted from now on is delivered or reported as
     * lost.
     */
    void onSubscribed();

    /**
     * The node could not subscribe in time. The relay tries again until the caller takes back the subscribe with
     * {@link Relay#unsubscribe}.
     *
     * @param reason for the client, starts with {@code not subscribed}
     */
    void onFailed(String reason);
}
