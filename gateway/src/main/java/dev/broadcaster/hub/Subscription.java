package dev.broadcaster.hub;

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

    @Nullable
    Runnable onLive; // null once it has run

    long base = PENDING;
    int index; // where it stands in the channel's array

    Subscription(ShardChannel channel, Subscriber subscriber, Runnable onLive) {
        this.channel = channel;
        this.subscriber = subscriber;
        this.onLive = onLive;
    }

    /** The channel's name. */
    public String channel() {
        return channel.name;
    }
}
