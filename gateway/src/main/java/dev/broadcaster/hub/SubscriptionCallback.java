package dev.broadcaster.hub;

import org.jspecify.annotations.Nullable;

/** Receives the outcome of a subscription on the shard's thread: {@link #onLive} or {@link #onFailed}, once. */
public interface SubscriptionCallback {
    /**
     * Called when the channel is received, if no replay was requested. True if the subscription may go live now; false
     * leaves it waiting, without messages, until {@link Shard#begin}.
     */
    default boolean mayGoLive() {
        return true;
    }

    /**
     * From this moment on every message that the relay accepts is delivered. The replayed messages are handed over
     * next.
     *
     * @param start the replay and the position; null exactly when no replay was requested
     */
    void onLive(@Nullable Start start);

    /**
     * The relay cannot receive the channel, or cannot read its position in time; the subscription has ended without
     * {@link Shard#unsubscribe}.
     *
     * @param reason for the client, starts with {@code not subscribed}
     */
    void onFailed(String reason);
}
