package dev.broadcaster.hub;

import dev.broadcaster.budget.Account;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.protocol.EncodedBroadcast;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.time.Time;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions of one I/O thread's connections, and their fan-out. Any thread may offer a message or a task;
 * everything else is owned by the thread. The shard takes what was offered in turns ({@link ShardLoop}).
 */
public final class Shard {
    private final int number;
    private final Hub hub;
    private final ShardThread thread;
    private final SubscriptionBudget subscriptions;
    private final Time time;
    private final Metrics metrics;
    private final ShardLoop loop;
    private final Map<String, ShardChannel> channels = new HashMap<>(); // owned by the thread

    Shard(
            int number,
            Hub hub,
            ShardThread thread,
            Account waiting,
            SubscriptionBudget subscriptions,
            Time time,
            Metrics metrics) {
        this.number = number;
        this.hub = hub;
        this.thread = thread;
        this.subscriptions = subscriptions;
        this.time = time;
        this.metrics = metrics;
        this.loop = new ShardLoop(thread, new Fanout(number, time, metrics), waiting, this::channel);
    }

    private @Nullable ShardChannel channel(String name) {
        return channels.get(name);
    }

    /**
     * True if the node has memory for one more subscription of a connection that has {@code held}. Called immediately
     * before {@link #subscribe}; if false, the connection has to end. On the shard's thread.
     */
    public boolean hasRoom(String name, int held) {
        return subscriptions.hasRoom(name, held, !channels.containsKey(name));
    }

    /**
     * Subscribes. On the shard's thread.
     *
     * @param replay the messages to replay, as far as there is a history; null to start without a replay
     * @param callback receives the outcome, unless the subscription is ended before: success possibly before this
     *     method returns, failure never before
     */
    public Subscription subscribe(
            String name, @Nullable Replay replay, Subscriber subscriber, SubscriptionCallback callback) {
        assert isCurrent();
        ShardChannel known = channels.get(name);
        ShardChannel channel = known != null ? known : join(name);
        Subscription subscription = new Subscription(channel, subscriber, replay, callback);
        channel.add(subscription);
        metrics.addSubscriptions(1);
        subscriptions.onSubscribed();
        if (channel.live) {
            onReceived(subscription);
        } else if (known == null) {
            hub.receive(name, new SubscribeCallback() {
                @Override
                public void onSubscribed() {
                    execute(() -> onReceived(channel));
                }

                @Override
                public void onFailed(String reason) {
                    offer(() -> onNotReceived(channel, reason));
                }
            });
        }
        return subscription;
    }

    /** Ends a subscription, live or not. On the shard's thread, once for each subscription that has not failed. */
    public void unsubscribe(Subscription subscription) {
        assert isCurrent();
        ShardChannel channel = subscription.channel;
        subscription.takeCallback();
        channel.remove(subscription);
        metrics.addSubscriptions(-1);
        subscriptions.onUnsubscribed();
        if (channel.count == 0) {
            channels.remove(channel.name);
            subscriptions.onLeft(channel.name);
            hub.leave(channel.name, number);
        }
    }

    /**
     * Ends a subscription whose outcome its callback still awaits: it fails with {@code reason}. False if there is no
     * such callback; then nothing has changed. On the shard's thread.
     */
    public boolean refuse(Subscription subscription, String reason) {
        assert isCurrent();
        SubscriptionCallback callback = subscription.takeCallback();
        if (callback == null) {
            return false;
        }
        unsubscribe(subscription);
        callback.onFailed(reason);
        return true;
    }

    /** The number of subscriptions of {@code name} on this shard. On its thread. */
    int count(String name) {
        ShardChannel channel = channels.get(name);
        return channel == null ? 0 : channel.count;
    }

    private ShardChannel join(String name) {
        ShardChannel channel = new ShardChannel(name, hub.join(name, number));
        channels.put(name, channel);
        subscriptions.onJoined(name);
        return channel;
    }

    private void onReceived(ShardChannel channel) {
        assert isCurrent();
        channel.live = true;
        // Backwards, because going live may end this subscription, and the last one then takes its place.
        for (int i = channel.count - 1; i >= 0; i--) {
            onReceived(channel.subscription(i));
        }
    }

    /**
     * Starts a subscription whose channel is received: one that was not allowed to go live, or one that went live and
     * starts again, with a new replay if it requested one. On the shard's thread.
     *
     * @param callback receives the outcome, as in {@link #subscribe}
     */
    public void begin(Subscription subscription, SubscriptionCallback callback) {
        assert isCurrent();
        subscription.await(callback);
        onReceived(subscription);
    }

    /** The channel is received: later messages arrive live, and earlier ones can be recovered. */
    private void onReceived(Subscription subscription) {
        Replay replay = subscription.replay;
        if (replay == null) {
            if (subscription.mayGoLive()) {
                subscription.goLive(subscription.channel.route.position, null);
            }
        } else {
            hub.replay(subscription, replay, this);
        }
    }

    /** {@code position} is that of the last message that has arrived, replayed or not. */
    void onReplayed(Subscription subscription, Start start, List<EncodedBroadcast> messages, long position) {
        assert isCurrent();
        if (!subscription.isAwaited()) {
            return; // it was ended meanwhile
        }
        subscription.goLive(position, start);
        if (subscription.isRecovery()) {
            metrics.countRecovery(start.complete());
        }
        if (!messages.isEmpty() && !subscription.hasEnded()) { // by the callback, when it went live
            metrics.addReplayed(messages.size());
            subscription.handOver(messages, time.epochMillis());
        }
    }

    void onNotReplayed(Subscription subscription, String reason) {
        assert isCurrent();
        SubscriptionCallback callback = subscription.takeCallback();
        if (callback != null) {
            unsubscribe(subscription);
            callback.onFailed(reason);
        }
    }

    /** Takes everything back before it calls a callback, because the callback may subscribe again. */
    private void onNotReceived(ShardChannel channel, String reason) {
        assert isCurrent();
        if (channel.live) {
            return;
        }
        Map<Subscription, SubscriptionCallback> failed = channel.takeCallbacks();
        failed.keySet().forEach(this::unsubscribe);
        failed.values().forEach(callback -> callback.onFailed(reason));
    }

    /** True if the caller runs on the shard's thread. */
    public boolean isCurrent() {
        return thread.isCurrent();
    }

    /**
     * Runs {@code task} on the shard's thread: at once if the caller is on it, else before the shard hands over any
     * message that the caller offers later. From any thread; never blocks.
     */
    public void execute(Runnable task) {
        execute(task, 0);
    }

    /** Like {@link #execute(Runnable)}, for a task that hands over {@code messages} to a subscriber. */
    void execute(Runnable task, int messages) {
        if (isCurrent()) {
            task.run();
        } else {
            offer(task, messages);
        }
    }

    /** Like {@link #execute}, but never before this method returns. */
    void offer(Runnable task) {
        offer(task, 0);
    }

    private void offer(Runnable task, int messages) {
        loop.offer(new ShardLoop.Task(task, messages));
        loop.wake();
    }

    /** Queues a message for the subscribers on this shard; a {@link #wake} follows. From any thread; never blocks. */
    void offer(ShardLoop.Offer message) {
        loop.offer(message);
    }

    /** Asks for a turn. From any thread; never blocks. */
    void wake() {
        loop.wake();
    }

    /**
     * Notifies {@code subscriber} at the end of the current turn, so that it writes once for all messages of the turn.
     * On the shard's thread, once per turn and subscriber.
     *
     * @return false if no turn gathers messages; then the subscriber is not notified
     */
    public boolean touch(Subscriber subscriber) {
        assert isCurrent();
        return loop.touch(subscriber);
    }
}
