package dev.broadcaster.redis.channel;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.HeapBytes;
import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.redis.link.Source;
import dev.broadcaster.redis.link.Sources;
import dev.broadcaster.redis.wire.ChannelKey;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.redis.wire.Reasons;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.time.Time;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The channels that this node receives: decides which are subscribed at which source, and passes each event of a source
 * to its channel. A channel without subscribers stays subscribed for 10 s. Owned by the event loop.
 *
 * <p>A subscription and the reading of its counter use the same connection, one after the other, so the counter tells
 * exactly which messages will arrive: all later ones, no earlier one.
 */
public final class ReceivedChannels implements Source.Listener {
    /** The time that a subscriber waits while the channel cannot be received. */
    private static final long SUBSCRIBE_NANOS = 5_000_000_000L;

    private static final long CHECK_NANOS = 1_000_000_000L;
    /** The time that a channel without subscribers stays subscribed; less while memory is short. */
    private static final long LINGER_NANOS = 10_000_000_000L;

    private static final long SHORT_LINGER_NANOS = 1_000_000_000L;

    /** A received channel without its names, its places in maps and in sets, here and in the driver. */
    private static final long CHANNEL_BYTES = 416;
    /** The additional bytes if it has a history. */
    private static final long RECOVERIES_BYTES = 120;

    private final KeyNames names;
    private final HistoryConfig history;
    private final Sources sources;
    private final Delivery delivery;
    private final Account subscriptions;
    private final Time time;
    private final RelayMetrics metrics;
    private final Recoveries recoveries;
    private final Waiters waiters = new Waiters();
    private final Unwanted<ReceivedChannel> unwanted = new Unwanted<>();
    private final Map<String, ReceivedChannel> byName = new ConcurrentHashMap<>(); // changes during an iteration
    private final Map<String, ReceivedChannel> byTopic = new HashMap<>(); // the same
    private final Set<ReceivedChannel> toAsk = new LinkedHashSet<>(); // subscribed by the next askForWanted
    private long roundNanos; // the start of the second in which each channel is checked once
    private int checked; // channels in this round
    private @Nullable Iterator<ReceivedChannel> unchecked; // null if none is checked yet

    /**
     * @param subscriptions counts the bytes of channels without a subscriber
     * @param histories counts the bytes of messages that answer recoveries
     */
    public ReceivedChannels(
            KeyNames names,
            HistoryConfig history,
            Sources sources,
            Delivery delivery,
            Account subscriptions,
            Account histories,
            Time time,
            RelayMetrics metrics) {
        this.names = names;
        this.history = history;
        this.sources = sources;
        this.delivery = delivery;
        this.subscriptions = subscriptions;
        this.time = time;
        this.metrics = metrics;
        this.recoveries = new Recoveries(sources::isServing, histories, time);
        this.roundNanos = time.nanos();
    }

    /** Like {@link dev.broadcaster.relay.Relay#subscribe}. */
    public void subscribe(String name, SubscribeCallback callback) {
        ReceivedChannel channel = byName.get(name);
        if (channel == null) {
            channel = add(name);
        }
        if (channel.output().want() && unwanted.remove(channel)) {
            subscriptions.add(-bytes(channel.key())); // the hub counts it again
        }
        switch (channel.state().kind) {
            case LIVE -> callback.onSubscribed();
            case ASKED, COUNTING, REPAIRING -> waiters.add(name, callback, time.nanos() + SUBSCRIBE_NANOS);
            case AWAY -> {
                waiters.add(name, callback, time.nanos() + SUBSCRIBE_NANOS);
                toAsk.add(channel);
            }
        }
    }

    /** The heap bytes of a received channel, approximately. */
    public static long bytes(String name, KeyNames names, HistoryConfig history) {
        return bytes(ChannelKey.of(name, names, history));
    }

    /** The topic is held here, by the driver as a string and by its subscription set; the name is that of the hub. */
    private static long bytes(ChannelKey key) {
        return CHANNEL_BYTES + 2 * HeapBytes.latin1(key.topic()) + (key.rule() == null ? 0 : RECOVERIES_BYTES);
    }

    private long lingerNanos() {
        return subscriptions.used() > subscriptions.limit() / 2 ? SHORT_LINGER_NANOS : LINGER_NANOS;
    }

    private ReceivedChannel add(String name) {
        ChannelKey key = ChannelKey.of(name, names, history);
        ReceivedChannel channel = new ReceivedChannel(key, delivery, waiters, recoveries, time);
        byName.put(name, channel);
        byTopic.put(key.topic(), channel);
        return channel;
    }

    /** Like {@link dev.broadcaster.relay.Relay#unsubscribe}. */
    public void unsubscribe(String name) {
        ReceivedChannel channel = byName.get(name);
        if (channel == null) {
            throw new IllegalStateException(name + " is unsubscribed more often than subscribed");
        }
        if (channel.output().unwant()) {
            waiters.forget(name);
            unwanted.add(channel, time.nanos());
        } else {
            subscriptions.add(-bytes(channel.key()));
        }
    }

    /** Like {@link dev.broadcaster.relay.Relay#replay}, for a channel with a history. */
    public void replay(String name, Replay replay, ReplayCallback callback) {
        ReceivedChannel channel = byName.get(name);
        Recoveries.OfChannel ofChannel =
                channel == null ? null : channel.output().recoveries();
        if (ofChannel == null) {
            callback.onFailed("not subscribed: the channel is not received"); // the subscribe was taken back
        } else {
            ofChannel.add(replay, callback, time.nanos() + SUBSCRIBE_NANOS);
        }
    }

    /** The history of {@code name} is deleted: clients are not answered from an earlier reading any more. */
    public void forgetRecent(String name) {
        ReceivedChannel channel = byName.get(name);
        Recoveries.OfChannel ofChannel =
                channel == null ? null : channel.output().recoveries();
        if (ofChannel != null) {
            ofChannel.forgetRecent();
        }
    }

    /** Subscribes to the channels that are wanted and not subscribed anywhere. Called at the end of each turn. */
    public void askForWanted() {
        if (toAsk.isEmpty()) {
            return;
        }
        Map<Source, List<ReceivedChannel>> asked = new HashMap<>();
        for (ReceivedChannel channel : toAsk) {
            Source source = channel.output().isWanted() ? serving(channel) : null;
            if (source != null && channel.onAsked(source)) {
                asked.computeIfAbsent(source, s -> new ArrayList<>()).add(channel);
            }
        }
        toAsk.clear();
        asked.forEach(Source::subscribe);
    }

    @Override
    public void onServing() {
        byName.values().forEach(this::askIfAway);
    }

    private void askIfAway(ReceivedChannel channel) {
        if (channel.output().isWanted() && channel.state().kind == State.Kind.AWAY) {
            toAsk.add(channel);
        }
    }

    @Override
    public void onLost(Source source) {
        byName.values().forEach(channel -> channel.onLost(source));
    }

    @Override
    public void onSubscribed(Source from, String topic) {
        ReceivedChannel channel = byTopic.get(topic);
        if (channel != null) {
            channel.onSubscribed(from);
        }
    }

    @Override
    public void onUnsubscribed(Source from, String topic) {
        ReceivedChannel channel = byTopic.get(topic);
        if (channel != null && channel.onUnsubscribed(from)) {
            toAsk.add(channel);
        }
    }

    @Override
    public void onMessage(Source from, String topic, Envelope envelope) {
        ReceivedChannel channel = byTopic.get(topic);
        if (channel == null) {
            metrics.countDropped(RelayMetrics.Dropped.STRAY);
        } else {
            channel.onMessage(from, envelope);
        }
    }

    @Override
    public void onForeign(Source from, String topic, byte[] bytes) {
        ReceivedChannel channel = byTopic.get(topic);
        if (channel == null) {
            metrics.countDropped(RelayMetrics.Dropped.STRAY);
        } else if (channel.state().at != from) {
            metrics.countDropped(RelayMetrics.Dropped.DUPLICATE);
        } else if (Envelope.isOtherVersion(bytes)) {
            metrics.countDropped(RelayMetrics.Dropped.VERSION);
        } else {
            metrics.countDropped(RelayMetrics.Dropped.MALFORMED);
        }
    }

    /**
     * Called ten times per second: releases channels without subscribers, fails subscribes and replays whose deadline
     * has passed, and checks each channel once per second.
     */
    public void onTick(long now) {
        release(now);
        recoveries.onTick(now);
        if (!waiters.isEmpty()) {
            String reason = sources.trouble(now) == null ? Reasons.UNCONFIRMED : Reasons.AWAY;
            waiters.expire(now, "not subscribed: " + reason);
        }
        checkSome(now);
    }

    /** Checks as many channels as are due by now: all of them together would delay messages by tens of milliseconds. */
    private void checkSome(long now) {
        long elapsed = now - roundNanos;
        boolean ends = elapsed >= CHECK_NANOS;
        long due = ends ? Integer.MAX_VALUE : byName.size() * elapsed / CHECK_NANOS;
        if (checked < due && unchecked == null) {
            unchecked = byName.values().iterator();
        }
        for (; checked < due && unchecked != null && unchecked.hasNext(); checked++) {
            ReceivedChannel channel = unchecked.next();
            channel.onCheck(now, serving(channel));
            askIfAway(channel);
        }
        if (ends) {
            roundNanos = now;
            checked = 0;
            unchecked = null;
        }
    }

    private void release(long now) {
        Map<Source, List<ReceivedChannel>> leaving = new HashMap<>();
        for (ReceivedChannel channel : unwanted.takeDue(now, lingerNanos())) {
            byName.remove(channel.key().name());
            byTopic.remove(channel.key().topic());
            Source source = channel.state().at;
            if (source != null) {
                leaving.computeIfAbsent(source, s -> new ArrayList<>()).add(channel);
                channel.onLost(source);
            }
            subscriptions.add(-bytes(channel.key()));
        }
        leaving.forEach(Source::unsubscribe);
    }

    private @Nullable Source serving(ReceivedChannel channel) {
        return sources.serving(channel.key().partition());
    }
}
