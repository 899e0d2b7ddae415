package dev.broadcaster.hub;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.HeapBytes;
import dev.broadcaster.message.Message;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.protocol.EncodedBroadcast;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.Replayed;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.time.Time;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Takes every message once from the relay, gives it its position in its channel, encodes it once, and offers it to the
 * shards that have a subscriber of the channel; no other shard wakes up. Shards join and leave from their own threads.
 */
public final class Hub implements RelayListener {
    /** The bits of a route cannot represent more shards than this. */
    public static final int MAX_SHARDS = 64;
    /**
     * When the messages offered in a batch reach this size, the shards wake up before its end: large messages are
     * delivered while later ones still arrive.
     */
    private static final int MAX_BATCH_BYTES = 32 * 1024;

    /** The place of a message in the inbox of a shard, and the objects around its texts. */
    private static final long OFFER_BYTES = HeapBytes.object(2, 0) + HeapBytes.object(3, 24) + HeapBytes.object(3, 1);

    private final Relay relay;
    private final Account waiting;
    private final SubscriptionBudget subscriptions;
    private final Time time;
    private final Metrics metrics;
    private final List<Shard> shards;
    private final Map<String, Route> routes = new ConcurrentHashMap<>();
    private final EndedRoutes ended = new EndedRoutes();

    // These fields are owned by the single thread of a relay that delivers in batches.
    private boolean inBatch;
    private long sleeping; // the shards with offered messages that are not woken yet
    private long batchBytes; // of these offers

    /**
     * A hub with one shard for each of {@code threads}. No message flows before the relay is started with it.
     *
     * @param waiting counts the messages that shards have not written yet, each once per shard. Above half of it the
     *     relay has to refuse publishes. Above all of it messages of other nodes are dropped, each a hole
     * @param subscriptions counts the subscriptions and their channels; when it is full, {@link Shard#hasRoom} is false
     */
    public Hub(
            Relay relay,
            List<? extends ShardThread> threads,
            Account waiting,
            Account subscriptions,
            Time time,
            Metrics metrics) {
        if (threads.size() > MAX_SHARDS) {
            throw new IllegalArgumentException("threads: " + threads.size() + " (expected: <= " + MAX_SHARDS + ")");
        }
        this.relay = relay;
        this.waiting = waiting;
        this.subscriptions = new SubscriptionBudget(subscriptions, relay, threads.size());
        this.time = time;
        this.metrics = metrics;
        List<Shard> made = new ArrayList<>();
        for (int i = 0; i < threads.size(); i++) {
            made.add(new Shard(i, this, threads.get(i), waiting, this.subscriptions, time, metrics));
        }
        this.shards = List.copyOf(made);
        metrics.gauge("channels", "", "Channels with a subscriber on this node", routes, Map::size);
    }

    /** The shards, in the order of their threads. */
    public List<Shard> shards() {
        return shards;
    }

    /** The channels with a subscriber, in no order; those that get or lose their first or last one meanwhile may miss. */
    Iterator<String> channelNames() {
        return routes.keySet().iterator();
    }

    /**
     * Counts the subscriptions of channels on this node. From any thread; never blocks.
     *
     * @param callback called once, with a number for each name, on any thread
     */
    public void count(List<String> names, Consumer<int[]> callback) {
        AtomicIntegerArray counts = new AtomicIntegerArray(names.size());
        AtomicInteger missing = new AtomicInteger(shards.size());
        for (Shard shard : shards) {
            shard.execute(() -> {
                for (int i = 0; i < names.size(); i++) {
                    counts.addAndGet(i, shard.count(names.get(i)));
                }
                if (missing.decrementAndGet() == 0) {
                    callback.accept(
                            IntStream.range(0, names.size()).map(counts::get).toArray());
                }
            });
        }
    }

    @Override
    public void onMessage(Message message) {
        Route route = routes.get(message.channel());
        if (route == null) {
            return;
        }
        long position = route.position + 1;
        route.position = position;
        long interested = route.shards();
        if (interested == 0) {
            return;
        }
        if (waiting.used() > waiting.limit() && !relay.acceptsHereOnly()) {
            waiting.countRefusal();
            metrics.countHole(); // its position is skipped
            return;
        }
        long now = time.nanos();
        EncodedBroadcast encoded = EncodedBroadcast.of(message);
        long bytes = OFFER_BYTES + HeapBytes.bytes(encoded.prefix().length) + HeapBytes.bytes(encoded.suffix().length);
        waiting.add(Long.bitCount(interested) * bytes);
        for (long rest = interested; rest != 0; rest &= rest - 1) {
            shards.get(Long.numberOfTrailingZeros(rest))
                    .offer(new ShardLoop.Offer(route, message.channel(), encoded, bytes, position, now));
        }
        if (!inBatch) {
            wake(interested);
            return;
        }
        sleeping |= interested;
        batchBytes += encoded.length();
        if (batchBytes >= MAX_BATCH_BYTES) {
            wakeSleeping();
        }
    }

    @Override
    public boolean refusesPublish() {
        if (waiting.used() <= waiting.limit() / 2) {
            return false;
        }
        waiting.countRefusal();
        return true;
    }

    @Override
    public void onBatchBegin() {
        inBatch = true;
    }

    @Override
    public void onBatchEnd() {
        inBatch = false;
        wakeSleeping();
    }

    private void wakeSleeping() {
        wake(sleeping);
        sleeping = 0;
        batchBytes = 0;
    }

    private void wake(long some) {
        for (long rest = some; rest != 0; rest &= rest - 1) {
            shards.get(Long.numberOfTrailingZeros(rest)).wake();
        }
    }

    /** Skips the positions of the lost messages, which leaves a hole. */
    @Override
    public void onLoss(String channel, long count) {
        Route route = routes.get(channel);
        if (route != null) {
            metrics.countHole();
            long position = route.position + count;
            route.position = position;
        }
    }

    /** From now on the shard also receives {@code channel}, as far as the relay does. */
    Route join(String channel, int shard) {
        return routes.compute(channel, (name, known) -> {
            Route route = known;
            if (route == null) {
                route = ended.resume(name);
                subscriptions.onRouteAdded(name);
            }
            route.join(shard);
            return route;
        });
    }

    /** Subscribes to {@code channel} in the relay for a shard that joined. */
    void receive(String channel, SubscribeCallback callback) {
        relay.subscribe(channel, callback);
    }

    /** Gives a subscription its replay, and then live messages. From any thread. */
    void replay(Subscription subscription, Replay replay, Shard shard) {
        Route route = subscription.channel.route;
        relay.replay(subscription.channel(), replay, new ReplayCallback() {
            @Override
            public void onReplayed(Replayed replayed) {
                List<EncodedBroadcast> messages = route.encode(replayed.messages());
                long position = route.position; // of the last of them: no message passes while this runs
                Start start = new Start(replayed.complete(), messages.size(), replayed.position());
                shard.execute(() -> shard.onReplayed(subscription, start, messages, position), messages.size());
            }

            @Override
            public void onFailed(String reason) {
                shard.offer(() -> shard.onNotReplayed(subscription, reason));
            }
        });
    }

    /** Takes back a {@link #join} and its {@link #receive}. */
    void leave(String channel, int shard) {
        relay.unsubscribe(channel); // first: it counts from now on the channels that it keeps for a while
        routes.computeIfPresent(channel, (name, route) -> {
            if (!route.leave(shard)) {
                return route;
            }
            subscriptions.onRouteRemoved(name);
            ended.onEnd(name, route);
            return null;
        });
    }
}
