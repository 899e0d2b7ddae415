package dev.broadcaster.hub;

/** Told on the shard's thread what becomes of a subscription, one of the two, once. */
public interface SubscriptionCallback {
    /**
     * From this moment on every message that the relay accepts is delivered. What was recovered is handed over next.
     *
     * @param recovered whether everything after the last seen message is; false where none was named
     */
    void onLive(boolean recovered);

    /**
     * The relay can't receive the channel; the subscription has ended without {@link Shard#unsubscribe}.
     *
     * @param reason for the client, beginning with {@code not subscribed}
     */
    void onFailed(String reason);
}
