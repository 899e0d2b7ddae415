package dev.broadcaster.hub;

import dev.broadcaster.budget.Account;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.protocol.EncodedBroadcast;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.time.Fatal;
import dev.broadcaster.time.Time;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions of one I/O thread's connections, and their fan-out. Any thread may offer a message or a task;
 * everything else is owned by the thread. A drain runs the gathered tasks, hands the messages to the subscribers
 * channel by channel, and then lets each touched subscriber write once.
 *
 * <p>Messages and tasks of one thread are taken in the order in which it offered them, and a task runs before any
 * message is handed over. So the reply to a publish, which the relay gives first, is sent before the message itself.
 */
public final class Shard {
    /** After this size a drain stops and lets the thread read sockets before it continues. */
    private static final int MAX_DRAIN_BYTES = 512 * 1024;
    /** The size that a task counts as. */
    private static final int TASK_BYTES = 64;
    /** The number of times that a drain lets other tasks of the thread run first, if they bring more messages. */
    private static final int MAX_ROUNDS = 8;

    private sealed interface Entry {}

    private record Offer(Route route, String channel, EncodedBroadcast message, long bytes, long position, long nanos)
            implements Entry {}

    private record Task(Runnable action) implements Entry {}

    private final int number;
    private final Hub hub;
    private final ShardThread thread;
    private final Account waiting;
    private final Time time;
    private final Metrics metrics;

    private final Queue<Entry> inbox = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final Runnable drain = this::drain;
    private final Consumer<Entry> take = this::take;

    // Everything below is owned by the thread.
    private final Map<String, ShardChannel> channels = new HashMap<>();
    private final Fanout fanout;
    private long gatheredBytes;
    private long takenBytes; // bytes of the account for the messages that the drain has gathered
    private int rounds;
    private boolean draining; // until the touched subscribers write
    private boolean writing; // while they write

    Shard(int number, Hub hub, ShardThread thread, Account waiting, Time time, Metrics metrics) {
        this.number = number;
        this.hub = hub;
        this.thread = thread;
        this.waiting = waiting;
        this.time = time;
        this.metrics = metrics;
        this.fanout = new Fanout(number, time, metrics);
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
        ShardChannel known = channels.get(name);
        ShardChannel channel = known != null ? known : join(name);
        Subscription subscription = new Subscription(channel, subscriber, replay, callback);
        channel.add(subscription);
        metrics.addSubscriptions(1);
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
        ShardChannel channel = subscription.channel;
        subscription.takeCallback();
        channel.remove(subscription);
        metrics.addSubscriptions(-1);
        if (channel.count == 0) {
            channels.remove(channel.name);
            hub.leave(channel.name, number);
        }
    }

    private ShardChannel join(String name) {
        ShardChannel channel = new ShardChannel(name, hub.join(name, number));
        channels.put(name, channel);
        return channel;
    }

    private void onReceived(ShardChannel channel) {
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
        SubscriptionCallback callback = subscription.takeCallback();
        if (callback != null) {
            unsubscribe(subscription);
            callback.onFailed(reason);
        }
    }

    /** Takes everything back before it calls a callback, because the callback may subscribe again. */
    private void onNotReceived(ShardChannel channel, String reason) {
        if (channel.live) {
            return;
        }
        Map<Subscription, SubscriptionCallback> failed = channel.takeCallbacks();
        failed.keySet().forEach(this::unsubscribe);
        failed.values().forEach(callback -> callback.onFailed(reason));
    }

    /**
     * Runs {@code task} on the shard's thread: at once if the caller is on it, else before the shard hands over any
     * message that the caller offers later. From any thread; never blocks.
     */
    public void execute(Runnable task) {
        if (thread.isCurrent()) {
            task.run();
        } else {
            offer(task);
        }
    }

    /** Like {@link #execute}, but never before this method returns. */
    void offer(Runnable task) {
        inbox.add(new Task(task));
        wake();
    }

    /**
     * Notifies {@code subscriber} when the current drain has ended, so that it writes once for all messages of the
     * drain. On the shard's thread, once per drain and subscriber.
     *
     * @return false if no drain is running; then the subscriber is not notified
     */
    public boolean touch(Subscriber subscriber) {
        if (draining) {
            fanout.touch(subscriber);
        }
        return draining;
    }

    /**
     * Queues a message for the subscribers on this shard; a {@link #wake} follows. From any thread; never blocks.
     *
     * @param bytes the size that the hub has counted for it
     */
    void offer(Route route, String channel, EncodedBroadcast message, long bytes, long position, long nanos) {
        inbox.add(new Offer(route, channel, message, bytes, position, nanos));
    }

    /**
     * Gathers messages, and gives way to queued tasks as long as they bring more: pipelined requests are handled one
     * per task, and the cost is in the number of writes. Then hands the messages over, and writes. Gives way again
     * after every few writes: a thousand writes take milliseconds, and a reply that waits for them delays the requests
     * behind it.
     */
    private void drain() {
        try {
            drainSome();
        } catch (Error e) {
            // Otherwise a message could be lost without a hole and no drain be scheduled again, because XNIO would
            // continue.
            throw Fatal.end(e);
        }
    }

    private void drainSome() {
        if (!writing) {
            draining = true;
            int before = fanout.size();
            gather();
            if (fanout.size() > before && gatheredBytes < MAX_DRAIN_BYTES && rounds++ < MAX_ROUNDS) {
                thread.execute(drain);
                return;
            }
            rounds = 0;
            fanout.handOver();
            draining = false;
            writing = true;
        }
        if (!fanout.writeSome()) {
            thread.execute(drain);
            return;
        }
        writing = false;
        gatheredBytes = 0;
        waiting.add(-takenBytes);
        takenBytes = 0;
        scheduled.set(false); // before the inbox is read: a later offer schedules another drain
        if (!inbox.isEmpty()) {
            wake(); // offers that did not fit into this drain, or came after it had gathered
        }
    }

    /** Schedules a drain of the offered messages. From any thread; never blocks. */
    void wake() {
        if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
            thread.execute(drain);
        }
    }

    private void gather() {
        while (gatheredBytes < MAX_DRAIN_BYTES) {
            Entry entry = inbox.poll();
            if (entry == null) {
                return;
            }
            Fanout.guard(take, entry);
        }
    }

    private void take(Entry entry) {
        if (entry instanceof Task task) {
            gatheredBytes += TASK_BYTES;
            task.action.run();
        } else if (entry instanceof Offer offer) {
            take(offer);
        }
    }

    private void take(Offer offer) {
        takenBytes += offer.bytes;
        ShardChannel channel = channels.get(offer.channel);
        // A message for a route that this shard has left counts its position from another start.
        if (channel != null && channel.route == offer.route) {
            fanout.add(channel, offer.message, offer.position, offer.nanos);
            gatheredBytes += offer.message.length();
        }
    }
}
