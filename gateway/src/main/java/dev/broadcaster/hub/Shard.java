package dev.broadcaster.hub;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.protocol.EncodedBroadcast;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.time.Time;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The subscriptions of one I/O thread's connections, and their fan-out. Any thread may offer a message; everything else
 * belongs to the thread. A drain takes what has gathered, hands it to the subscribers channel by channel, and then has
 * each touched subscriber write once.
 */
public final class Shard {
    /** A drain stops here and lets the thread read sockets before it goes on. */
    private static final int MAX_DRAIN_BYTES = 512 * 1024;
    /** How often a drain lets the thread's other tasks go first, as long as they bring more messages. */
    private static final int MAX_ROUNDS = 8;

    private static final Logger LOG = LoggerFactory.getLogger(Shard.class);

    private record Offer(Route route, String channel, EncodedBroadcast message, long position, long nanos) {}

    private final int number;
    private final Hub hub;
    private final ShardThread thread;
    private final Time time;
    private final Metrics metrics;
    private final LongConsumer lag;

    private final Queue<Offer> inbox = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final Runnable drain = this::drain;

    // Everything below belongs to the thread.
    private final Map<String, ShardChannel> channels = new HashMap<>();
    private final List<Offer> drained = new ArrayList<>();
    private final List<ShardChannel> touchedChannels = new ArrayList<>();
    private final List<Subscriber> touchedSubscribers = new ArrayList<>();
    private long gatheredBytes;
    private int rounds;

    Shard(int number, Hub hub, ShardThread thread, Time time, Metrics metrics) {
        this.number = number;
        this.hub = hub;
        this.thread = thread;
        this.time = time;
        this.metrics = metrics;
        this.lag = metrics.shardLag(number);
    }

    /** The thread that owns this shard. */
    public ShardThread thread() {
        return thread;
    }

    /**
     * Subscribes. On the shard's thread.
     *
     * @param onLive called on the shard's thread, possibly before this method returns, at the moment from which every
     *     message that the relay accepts is delivered; never if the subscription was given up before
     */
    public Subscription subscribe(String name, Subscriber subscriber, Runnable onLive) {
        ShardChannel known = channels.get(name);
        ShardChannel channel = known != null ? known : join(name);
        Subscription subscription = new Subscription(channel, subscriber, onLive);
        channel.add(subscription);
        metrics.addSubscriptions(1);
        if (channel.live) {
            goLive(subscription);
        } else if (known == null) {
            hub.receive(name, new SubscribeCallback() {
                @Override
                public void onSubscribed() {
                    onThread(() -> onReceived(channel));
                }

                @Override
                public void onFailed(String reason) {}
            });
        }
        return subscription;
    }

    /** Ends a subscription, live or not. On the shard's thread, once for each subscription. */
    public void unsubscribe(Subscription subscription) {
        ShardChannel channel = subscription.channel;
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
            goLive(channel.subscription(i));
        }
    }

    private static void goLive(Subscription subscription) {
        subscription.base = subscription.channel.route.position;
        Runnable onLive = subscription.onLive;
        subscription.onLive = null;
        if (onLive != null) {
            onLive.run();
        }
    }

    private void onThread(Runnable task) {
        if (thread.isCurrent()) {
            task.run();
        } else {
            thread.execute(task);
        }
    }

    /** Queues a message for the subscribers on this shard. From any thread; never blocks. */
    void offer(Route route, String channel, EncodedBroadcast message, long position, long nanos) {
        inbox.add(new Offer(route, channel, message, position, nanos));
        schedule();
    }

    /**
     * Gathers, and gives way to the tasks behind it for as long as that brings more: pipelined requests are handled one a
     * task, and it is the number of writes that costs.
     */
    private void drain() {
        try {
            drainSome();
        } catch (Error e) {
            // Out of memory: a message may be lost without a hole, and no drain be scheduled ever again. XNIO would go
            // on; whether the process does is for others to decide.
            Thread current = Thread.currentThread();
            current.getUncaughtExceptionHandler().uncaughtException(current, e);
            throw e;
        }
    }

    private void drainSome() {
        int before = drained.size();
        gather();
        if (drained.size() > before && gatheredBytes < MAX_DRAIN_BYTES && rounds++ < MAX_ROUNDS) {
            thread.execute(drain);
            return;
        }
        rounds = 0;
        scheduled.set(false); // before the inbox is read again: an offer from now on schedules another drain
        try {
            gather();
            fanOut();
        } catch (RuntimeException e) {
            LOG.error("shard {}: a drain failed", number, e);
        } finally {
            touchedChannels.forEach(channel -> channel.batch.clear());
            touchedChannels.clear();
            touchedSubscribers.clear();
            drained.clear();
            gatheredBytes = 0;
        }
        if (!inbox.isEmpty()) {
            schedule(); // what did not fit into this drain
        }
    }

    private void schedule() {
        if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
            thread.execute(drain);
        }
    }

    private void gather() {
        while (gatheredBytes < MAX_DRAIN_BYTES) {
            Offer offer = inbox.poll();
            if (offer == null) {
                return;
            }
            ShardChannel channel = channels.get(offer.channel);
            // A message for a route that this shard has left counts its position from another beginning.
            if (channel == null || channel.route != offer.route) {
                continue;
            }
            if (drained.isEmpty()) {
                lag.accept(time.nanos() - offer.nanos);
            }
            if (channel.batch.size() == 0) {
                touchedChannels.add(channel);
                channel.batch.begin(time.epochMillis());
            }
            channel.batch.add(offer.message, offer.position);
            drained.add(offer);
            gatheredBytes += offer.message.length();
        }
    }

    private void fanOut() {
        for (ShardChannel channel : touchedChannels) {
            handOver(channel);
        }
        for (Subscriber subscriber : touchedSubscribers) {
            subscriber.onDrained();
        }
        long now = time.nanos();
        for (Offer offer : drained) {
            metrics.recordFanout(now - offer.nanos);
        }
    }

    private void handOver(ShardChannel channel) {
        Batch batch = channel.batch;
        long last = batch.position(batch.size() - 1);
        long deliveries = 0;
        // Backwards, because a subscriber may end its subscription, and the last one is swapped into its place.
        for (int i = channel.count - 1; i >= 0; i--) {
            Subscription subscription = channel.subscription(i);
            if (subscription.base == Subscription.PENDING || subscription.base >= last) {
                continue;
            }
            deliveries += Math.min(batch.size(), last - subscription.base);
            if (subscription.subscriber.onBroadcasts(batch, subscription.base)) {
                touchedSubscribers.add(subscription.subscriber);
            }
        }
        metrics.addFanout(batch.size(), deliveries);
    }
}
