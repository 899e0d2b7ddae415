package dev.broadcaster.redis;

import dev.broadcaster.budget.Account;
import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.redis.channel.Delivery;
import dev.broadcaster.redis.channel.ReceivedChannels;
import dev.broadcaster.redis.link.Links;
import dev.broadcaster.redis.link.Loop;
import dev.broadcaster.redis.link.PublishCommands;
import dev.broadcaster.redis.link.RedisDriver;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.time.Time;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of the relay that the event loop owns: the links to Redis, and the channels that this node receives. Called on the
 * event loop only; {@link RedisRelay} brings the tasks of other threads there.
 */
final class RelayLoop {
    private static final Logger LOG = LoggerFactory.getLogger(RelayLoop.class);

    /** A tick that is late by this time shows that the process was paused, or the machine was asleep. */
    private static final long PAUSE_NANOS = 1_500_000_000L;

    private final Links links;
    private final Delivery delivery;
    private final ReceivedChannels channels;
    private final Time time;
    private long tickedNanos;

    /**
     * @param subscriptions counts the bytes of channels without a subscriber that are still received
     * @param histories counts the bytes of messages that answer recoveries
     * @param loop woken when {@link #finishTurn} has work to do, or {@link #trouble} has changed
     */
    RelayLoop(
            RedisConfig config,
            RedisDriver driver,
            PublishCommands commands,
            HistoryConfig history,
            RelayListener listener,
            Loop loop,
            Account subscriptions,
            Account histories,
            Time time,
            RandomGenerator random,
            RelayMetrics metrics) {
        KeyNames names = config.names();
        this.links = new Links(
                config.url().with(config.access()), names, driver, commands, history, loop, time, random, metrics);
        this.delivery = new Delivery(listener, loop, time, metrics);
        this.channels = new ReceivedChannels(names, history, links, delivery, subscriptions, histories, time, metrics);
        this.time = time;
        this.tickedNanos = time.nanos();
        links.start(channels);
    }

    /** The links to Redis. */
    Links links() {
        return links;
    }

    /** The channels that this node receives. */
    ReceivedChannels channels() {
        return channels;
    }

    /** Ends a turn. */
    void finishTurn() {
        delivery.endBatch();
        channels.askForWanted();
        links.flush();
    }

    /** Called every {@code tickNanos}, unless the machine is overloaded. */
    void onTick(long tickNanos) {
        long now = time.nanos();
        long pause = now - tickedNanos - tickNanos;
        tickedNanos = now;
        if (pause > PAUSE_NANOS) {
            LOG.warn("the relay's event loop was paused for {} ms", pause / 1_000_000L);
            links.onPause(pause);
        }
        links.onTick(now);
        channels.onTick(now);
    }

    /** The reason why the relay may not deliver, for an operator; null if there is none. */
    @Nullable
    String trouble() {
        String reason = links.trouble(time.nanos());
        return reason == null ? null : "Redis " + reason;
    }

    void close() {
        links.close();
    }
}
