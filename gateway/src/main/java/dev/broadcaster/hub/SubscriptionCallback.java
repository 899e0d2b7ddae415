package dev.broadcaster.hub;

import org.jspecify.annotations.Nullable;

/** Told on the shard's thread what becomes of a subscription, one of the two, once. */
public interface SubscriptionCallback {
    /**
     * Asked once the channel is received, if no replay was asked for: whether the subscription goes live now. False leaves
     * it waiting, without a message, until {@link Shard#begin}.
     */
    default boolean mayGoLive() {
        return true;
    }

    /**
     * From this moment on every message that the relay accepts is delivered. Replayed messages are handed over next.
     *
     * @param start what is replayed, and the position; null exactly when no replay was asked for
     */
    void onLive(@Nullable Start start);

    /**
     * The relay can't receive the channel, or does not know its position in time; the subscription has ended without
     * {@link Shard#unsubscribe}.
     *
     * @param reason for the client, beginning with {@code not subscribed}
     */
    void onFailed(String reason);
}
