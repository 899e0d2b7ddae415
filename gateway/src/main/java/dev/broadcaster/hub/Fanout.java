package dev.broadcaster.hub;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.protocol.EncodedBroadcast;
import dev.broadcaster.time.Fatal;
import dev.broadcaster.time.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The messages that one turn of a shard has gathered, and their delivery to the subscribers: channel by channel, then
 * each touched subscriber writes once. Owned by the shard's thread.
 */
final class Fanout {
    private static final Logger LOG = LoggerFactory.getLogger(Fanout.class);

    /** The number of subscribers that write before the shard gives way: a fraction of a millisecond. */
    static final int MAX_WRITES = 64;

    private final Time time;
    private final Metrics metrics;
    private final LongConsumer lag;
    private final Consumer<ShardChannel> handOverTask = this::handOver;

    private final List<Long> offeredNanos = new ArrayList<>(); // one per message
    private final List<ShardChannel> touchedChannels = new ArrayList<>();
    private final List<Subscriber> touchedSubscribers = new ArrayList<>();
    private int written; // the number of subscribers that have written

    Fanout(int shard, Time time, Metrics metrics) {
        this.time = time;
        this.metrics = metrics;
        this.lag = metrics.shardLag(shard);
    }

    /** The number of messages. */
    int size() {
        return offeredNanos.size();
    }

    /** Adds the next message of {@code channel}. */
    void add(ShardChannel channel, EncodedBroadcast message, long position, long nanos) {
        if (offeredNanos.isEmpty()) {
            lag.accept(time.nanos() - nanos);
        }
        if (channel.batch.size() == 0) {
            touchedChannels.add(channel);
            channel.batch.begin(time.epochMillis());
        }
        channel.batch.add(message, position);
        offeredNanos.add(nanos);
    }

    /** Makes {@link #writeSome} notify {@code subscriber}. */
    void touch(Subscriber subscriber) {
        touchedSubscribers.add(subscriber);
    }

    /** Hands the messages to the subscribers. */
    void handOver() {
        for (ShardChannel channel : touchedChannels) {
            Fatal.runTask(handOverTask, channel, LOG);
        }
    }

    /**
     * Makes the next touched subscribers write, and clears the fan-out after the last of them. No subscriber may be
     * touched meanwhile.
     *
     * @return true if that was the last
     */
    boolean writeSome() {
        int end = Math.min(written + MAX_WRITES, touchedSubscribers.size());
        while (written < end) {
            Fatal.runTask(Subscriber::onTurnEnd, touchedSubscribers.get(written++), LOG);
        }
        if (written < touchedSubscribers.size()) {
            return false;
        }
        long now = time.nanos();
        for (long offered : offeredNanos) {
            metrics.recordFanout(now - offered);
        }
        touchedChannels.forEach(channel -> channel.batch.clear());
        touchedChannels.clear();
        touchedSubscribers.clear();
        offeredNanos.clear();
        written = 0;
        return true;
    }

    private void handOver(ShardChannel channel) {
        Batch batch = channel.batch;
        long last = batch.position(batch.size() - 1);
        long deliveries = 0;
        // Backwards, because a subscriber may end its subscription, and the last one then takes its place.
        for (int i = channel.count - 1; i >= 0; i--) {
            Subscription subscription = channel.subscription(i);
            if (subscription.from >= last) {
                continue;
            }
            deliveries += batch.countAfter(subscription.from);
            // By its base alone, a subscription that has just recovered would get the end of its replay twice.
            boolean overlaps = subscription.from > subscription.base && subscription.from >= batch.position(0);
            deliver(overlaps ? batch.after(subscription.from) : batch, subscription);
        }
        metrics.addFanout(batch.size(), deliveries);
    }

    /** An exception of one subscriber must not keep the messages from the others. */
    private void deliver(Batch batch, Subscription subscription) {
        try {
            if (subscription.subscriber.onBroadcasts(batch, subscription.base)) {
                touch(subscription.subscriber);
            }
        } catch (RuntimeException e) {
            LOG.error("exception in a subscriber", e);
        }
    }
}
