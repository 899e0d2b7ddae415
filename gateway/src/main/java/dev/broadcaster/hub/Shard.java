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
 * everything else belongs to the thread. A drain takes what has gathered: it runs the tasks, hands the messages to the
 * subscribers channel by channel, and then has each touched subscriber write once.
 *
 * <p>Messages and tasks of one thread are taken in the order in which it gave them, and a task runs before anything is
 * handed over. So the reply to a publish, which the relay gives first, goes out before the message itself.
 */
public final class Shard {
    /** A drain stops here and lets the thread read sockets before it goes on. */
    private static final int MAX_DRAIN_BYTES = 512 * 1024;
    /** What a task counts for against that. */
    private static final int TASK_BYTES = 64;
    /** How often a drain lets the thread's other tasks go first, as long as they bring more messages. */
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

    // Everything below belongs to the thread.
    private final Map<String, ShardChannel> channels = new HashMap<>();
    private final Fanout fanout;
    private long gatheredBytes;
    private long takenBytes; // of the account, by what the drain has gathered
    private int rounds;
    private boolean draining; // until the touched subscribers are told
    private boolean writing; // while they are

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
     * @param replay what to replay, as far as there is a history; null to begin now
     * @param callback told what becomes of it, unless it is given up before: that it is live possibly before this method
     *     returns, that it has failed never before
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
        // Backwards, because going live may end the very subscription and swap the last one into its place.
        for (int i = channel.count - 1; i >= 0; i--) {
            onReceived(channel.subscription(i));
        }
    }

    /**
     * Begins a subscription whose channel is received: one that was not allowed to go live, or one that went live and
     * starts again, with a new replay if it asked for one. On the shard's thread.
     *
     * @param callback told what becomes of it, as in {@link #subscribe}
     */
    public void begin(Subscription subscription, SubscriptionCallback callback) {
        subscription.await(callback);
        onReceived(subscription);
    }

    /** The channel is received: what is accepted from now on comes by itself, and what was before can be recovered. */
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

    /** {@code position} is that of the last message of all that have come, replayed or not. */
    void onReplayed(Subscription subscription, Start start, List<EncodedBroadcast> messages, long position) {
        if (!subscription.isAwaited()) {
            return; // it was given up meanwhile
        }
        subscription.goLive(position, start);
        if (subscription.isRecovery()) {
            metrics.countRecovery(start.complete());
        }
        if (!messages.isEmpty() && !subscription.hasEnded()) { // by whoever was told that it is live
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

    /** All is taken back before anybody is told, because whoever is told may subscribe again. */
    private void onNotReceived(ShardChannel channel, String reason) {
        if (channel.live) {
            return;
        }
        Map<Subscription, SubscriptionCallback> failed = channel.takeCallbacks();
        failed.keySet().forEach(this::unsubscribe);
        failed.values().forEach(callback -> callback.onFailed(reason));
    }

    /**
     * Runs {@code task} on the shard's thread: at once if that is the caller's, else before any message is handed over
     * that the caller offers after it. From any thread; never blocks.
     */
    public void execute(Runnable task) {
        if (thread.isCurrent()) {
            task.run();
        } else {
            offer(task);
        }
    }

    /** As {@link #execute}, but never before this returns. */
    void offer(Runnable task) {
        inbox.add(new Task(task));
        wake();
    }

    /**
     * Has {@code subscriber} told when the drain that is going on has ended, so that it writes once for all that the
     * drain brings. On the shard's thread, once a drain for each subscriber.
     *
     * @return false if no drain is going on, and nobody will be told
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
     * @param bytes what the hub has counted for it
     */
    void offer(Route route, String channel, EncodedBroadcast message, long bytes, long position, long nanos) {
        inbox.add(new Offer(route, channel, message, bytes, position, nanos));
    }

    /**
     * Gathers, and gives way to the tasks behind it for as long as that brings more: pipelined requests are handled one a
     * task, and it is the number of writes that costs. Then hands over, and writes, giving way again after every few
     * writes: a thousand take milliseconds, and a reply that waits for them holds up the requests behind it.
     */
    private void drain() {
        try {
            drainSome();
        } catch (Error e) {
            // A message may be lost without a hole, and no drain be scheduled ever again; XNIO would go on.
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
        scheduled.set(false); // before the inbox is looked at: an offer from now on schedules another drain
        if (!inbox.isEmpty()) {
            wake(); // what did not fit into this drain, or came after it was gathered
        }
    }

    /** Has what was offered drained. From any thread; never blocks. */
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
        // A message for a route that this shard has left counts its position from another beginning.
        if (channel != null && channel.route == offer.route) {
            fanout.add(channel, offer.message, offer.position, offer.nanos);
            gatheredBytes += offer.message.length();
        }
    }
}
