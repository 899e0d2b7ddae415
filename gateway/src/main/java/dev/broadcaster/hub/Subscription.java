package dev.broadcaster.hub;

import dev.broadcaster.protocol.EncodedBroadcast;
import dev.broadcaster.relay.Replay;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber's place in a channel. Its {@code seq} is not a counter: it is the position of a message in the channel
 * minus the subscription's base. So a message that is lost anywhere before the subscriber leaves a hole of its size,
 * and a delivery changes nothing here. Owned by the shard's thread.
 */
public final class Subscription {
    /** Not live yet: no message has a position as late as this. */
    private static final long PENDING = Long.MAX_VALUE;

    final ShardChannel channel;

    /** The replay that the client requests; null for none. */
    final @Nullable Replay replay;

    Subscriber subscriber;
    private @Nullable SubscriptionCallback callback; // null when it was called, or is no longer needed

    long base; // the position from which seq is counted
    long from = PENDING; // messages up to this position precede it, or were recovered
    int index; // its index in the channel's array; -1 when it has ended

    Subscription(ShardChannel channel, Subscriber subscriber, @Nullable Replay replay, SubscriptionCallback callback) {
        this.channel = channel;
        this.subscriber = subscriber;
        this.replay = replay;
        this.callback = callback;
    }

    /** The channel's name. */
    public String channel() {
        return channel.name;
    }

    /** Delivers its messages to {@code newSubscriber} from now on. On the shard's thread. */
    public void deliverTo(Subscriber newSubscriber) {
        subscriber = newSubscriber;
    }

    /** Makes it not live until it starts again; it does not get the messages that arrive meanwhile. */
    void await(SubscriptionCallback newCallback) {
        from = PENDING;
        callback = newCallback;
    }

    boolean mayGoLive() {
        return callback != null && callback.mayGoLive();
    }

    /** The callback for the outcome, once; null afterwards. */
    @Nullable
    SubscriptionCallback takeCallback() {
        SubscriptionCallback taken = callback;
        callback = null;
        return taken;
    }

    /** Goes live after {@code last}, the position of the last message that has arrived or is replayed. */
    void goLive(long last, @Nullable Start start) {
        from = last;
        base = start == null ? last : last - start.replayed();
        SubscriptionCallback told = takeCallback();
        if (told != null) {
            told.onLive(start);
        }
    }

    /** Hands over the replayed messages, whose positions follow the base. */
    void handOver(List<EncodedBroadcast> replayed, long epochMillis) {
        subscriber.onRecovered(Batch.of(channel.name, replayed, base + 1, epochMillis), base);
    }

    /** True if the client named the last message that it saw. */
    boolean isRecovery() {
        return replay != null && replay.lastSeenId() != null;
    }

    /** True if it has ended. On the shard's thread. */
    public boolean hasEnded() {
        return index < 0;
    }

    /** True if a callback still waits for it to go live. */
    boolean isAwaited() {
        return callback != null;
    }
}
