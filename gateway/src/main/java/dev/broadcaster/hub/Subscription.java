package dev.broadcaster.hub;

import dev.broadcaster.protocol.EncodedBroadcast;
import dev.broadcaster.relay.Replay;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber's place in a channel. Its {@code seq} is no counter: it is the position of a message in the channel less
 * the subscription's base, so what is lost anywhere before the subscriber leaves a hole of its size, and a delivery
 * changes nothing here. Owned by the shard's thread.
 */
public final class Subscription {
    /** Not live yet: no message has so late a position. */
    private static final long PENDING = Long.MAX_VALUE;

    final ShardChannel channel;

    /** What the client wants of the past; null if nothing. */
    final @Nullable Replay replay;

    Subscriber subscriber;
    private @Nullable SubscriptionCallback callback; // null once it has been told, or has no interest any more

    long base; // the position from which seq is counted
    long from = PENDING; // messages up to this position are not for it: they came before it, or were recovered
    int index; // where it stands in the channel's array; -1 once it has ended

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

    /** From now on its messages go to {@code newSubscriber}. On the shard's thread. */
    public void deliverTo(Subscriber newSubscriber) {
        subscriber = newSubscriber;
    }

    /** Not live, until it begins again; messages that come meanwhile are not for it. */
    void await(SubscriptionCallback newCallback) {
        from = PENDING;
        callback = newCallback;
    }

    boolean mayGoLive() {
        return callback != null && callback.mayGoLive();
    }

    /** Whom to tell what became of it, once; null afterwards. */
    @Nullable
    SubscriptionCallback takeCallback() {
        SubscriptionCallback taken = callback;
        callback = null;
        return taken;
    }

    /** Goes live behind {@code last}, the position of the last message that has come or is replayed. */
    void goLive(long last, @Nullable Start start) {
        from = last;
        base = start == null ? last : last - start.replayed();
        SubscriptionCallback told = takeCallback();
        if (told != null) {
            told.onLive(start);
        }
    }

    /** Hands over what is replayed, which stands behind the base. */
    void handOver(List<EncodedBroadcast> replayed, long epochMillis) {
        subscriber.onRecovered(Batch.of(channel.name, replayed, base + 1, epochMillis), base);
    }

    /** True if the client named a message after which it wants everything. */
    boolean isRecovery() {
        return replay != null && replay.lastSeenId() != null;
    }

    boolean hasEnded() {
        return index < 0;
    }

    /** Whether somebody still waits for it to go live. */
    boolean isAwaited() {
        return callback != null;
    }
}
