package dev.broadcaster.hub;

import dev.broadcaster.relay.SubscribeCallback;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber's place in a channel. Its {@code seq} is no counter: it is the position of a message in the channel less
 * the subscription's base, so what is lost anywhere before the subscriber leaves a hole of its size, and a delivery
 * changes nothing here. Owned by the shard's thread.
 */
public final class Subscription {
    /** Not live yet: the relay has not confirmed the channel. */
    static final long PENDING = -1;

    final ShardChannel channel;
    final Subscriber subscriber;

    private @Nullable SubscribeCallback callback; // null once it has been told

    long base = PENDING;
    int index; // where it stands in the channel's array

    Subscription(ShardChannel channel, Subscriber subscriber, SubscribeCallback callback) {
        this.channel = channel;
        this.subscriber = subscriber;
        this.callback = callback;
    }

    /** The channel's name. */
    public String channel() {
        return channel.name;
    }

    /** Whom to tell what became of it, once; null afterwards. */
    @Nullable
    SubscribeCallback takeCallback() {
        SubscribeCallback taken = callback;
        callback = null;
        return taken;
    }
}
