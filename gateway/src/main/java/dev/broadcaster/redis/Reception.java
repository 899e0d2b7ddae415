package dev.broadcaster.redis;

import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.time.Time;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The channels that this node receives: which are wanted, and which Redis has confirmed. What comes is handed to the
 * {@link Sequencer}. Owned by the event loop.
 *
 * <p>A subscription and the reading of its counter go over the same connection, one behind the other, so the counter says
 * exactly which messages will come: all after it, none before.
 */
final class Reception {
    /** How long a subscriber waits while the channel can't be received. */
    private static final long SUBSCRIBE_NANOS = 5_000_000_000L;
    /** How long Redis may take to confirm before it is asked again. */
    private static final long ASK_AGAIN_NANOS = 3_000_000_000L;

    private final Topology topology;
    private final SubscriptionCommands commands;
    private final Sequencer sequencer;
    private final Time time;
    private final RelayMetrics metrics;
    private final ReceivedChannels channels;
    /** Asked for by the next {@link #askForWanted}. */
    private final Set<ReceivedChannel> toAsk = new LinkedHashSet<>();

    private final Unwanted unwanted = new Unwanted();
    private final Set<ReceivedChannel> waited = new LinkedHashSet<>(); // with somebody waiting for them

    Reception(
            Topology topology,
            SubscriptionCommands commands,
            HistoryReads reads,
            ServerNames servers,
            ReceivedChannels channels,
            Delivery delivery,
            Time time,
            RelayMetrics metrics) {
        this.topology = topology;
        this.commands = commands;
        this.channels = channels;
        this.sequencer = new Sequencer(reads, this::recount, servers::isServing, delivery, time, metrics);
        this.time = time;
        this.metrics = metrics;
    }

    void subscribe(String name, SubscribeCallback callback) {
        ReceivedChannel channel = channels.know(name);
        if (channel.wanted++ == 0) {
            unwanted.remove(channel);
        }
        if (channel.live) {
            callback.onSubscribed();
            return;
        }
        channel.addWaiter(callback, time.nanos() + SUBSCRIBE_NANOS);
        waited.add(channel);
        if (channel.link == null) {
            toAsk.add(channel);
        }
    }

    void unsubscribe(String name) {
        ReceivedChannel channel = channels.named(name);
        if (channel == null || channel.wanted == 0) {
            throw new IllegalStateException(name + " is unsubscribed more often than subscribed");
        }
        if (--channel.wanted == 0) {
            channel.forgetWaiters();
            waited.remove(channel);
            unwanted.add(channel, time.nanos());
        }
    }

    /** Answers a replay once the channel is live. */
    void replay(String name, Replay replay, ReplayCallback callback) {
        ReceivedChannel channel = channels.named(name);
        if (channel == null) {
            callback.onFailed("not subscribed: the channel is not received"); // taken back meanwhile
        } else {
            sequencer.replay(channel, replay, callback, time.nanos() + SUBSCRIBE_NANOS);
        }
    }

    /** Subscribes to the channels that are wanted and not subscribed anywhere. */
    void askForWanted() {
        if (toAsk.isEmpty()) {
            return;
        }
        List<ReceivedChannel> asking = List.copyOf(toAsk);
        toAsk.clear();
        long now = time.nanos();
        Map<Link, List<ReceivedChannel>> asked = new HashMap<>();
        for (ReceivedChannel channel : asking) {
            Link link = channel.wanted == 0 ? null : serving(channel);
            if (link != null && channel.link == null) {
                channel.link = link;
                channel.askedNanos = now;
                asked.computeIfAbsent(link, l -> new ArrayList<>()).add(channel);
            }
        }
        asked.forEach((link, ofLink) -> commands.subscribe(link, ofLink, this));
    }

    /** A link has a fresh connection for subscriptions, or serves other parts than before: asks for what belongs there. */
    void onLinkUp() {
        channels.all().stream()
                .filter(channel -> channel.link == null && channel.wanted > 0)
                .forEach(toAsk::add);
    }

    /** Whether everything that is wanted of a link is live. */
    boolean isSynced(Link link) {
        return commands.pending(link) == 0 && toAsk.isEmpty();
    }

    /** A link has lost its connection for subscriptions. */
    void onLinkDown(Link link) {
        long now = time.nanos();
        for (ReceivedChannel channel : channels.all()) {
            if (channel.link == link) {
                channel.end(now);
            }
        }
        commands.forget(link);
    }

    void onSubscribed(Link link, String topic) {
        ReceivedChannel channel = channels.ofTopic(topic);
        if (channel != null && channel.link == link) {
            channel.subscribed = true;
        }
    }

    /** Redis has ended a subscription: the slot has moved away, or this node itself has left. */
    void onUnsubscribed(Link link, String topic) {
        ReceivedChannel channel = channels.ofTopic(topic);
        // Before it is subscribed, this can only be the answer to an earlier unsubscribe of the same name.
        if (channel != null && channel.link == link && channel.subscribed) {
            leave(channel, link, time.nanos());
        }
    }

    private void leave(ReceivedChannel channel, Link link, long now) {
        if (channel.live && !link.proof().isLate(now)) {
            channel.serverId = null; // whoever has its counter now has it from the one that had it before
        }
        channel.end(now);
        toAsk.add(channel);
    }

    /** What came for a topic. */
    void onMessage(Link link, String topic, Value value) {
        ReceivedChannel channel = channels.ofTopic(topic);
        if (channel == null || channel.link != link) {
            metrics.countDropped(channel == null ? RelayMetrics.Dropped.STRAY : RelayMetrics.Dropped.DUPLICATE);
            return;
        }
        Envelope envelope = value.envelope();
        if (envelope == null) {
            metrics.countDropped(
                    Envelope.isOtherVersion(value.bytes())
                            ? RelayMetrics.Dropped.VERSION
                            : RelayMetrics.Dropped.MALFORMED);
            return;
        }
        if (channel.live || channel.isRepairing()) {
            sequencer.onMessage(channel, envelope);
        } else {
            channel.early.add(envelope);
        }
    }

    private void recount(ReceivedChannel channel) {
        Link link = channel.link;
        if (link != null) {
            commands.readCounters(link, List.of(channel), this);
        }
    }

    /**
     * The counters of channels, as they were when everything that has come so far had been sent, and nothing of what will
     * come. What is not subscribed by then is refused.
     *
     * @param serverId the process of Redis that says so
     */
    void onCounters(Link link, List<ReceivedChannel> batch, List<Position> positions, String serverId) {
        for (int i = 0; i < batch.size(); i++) {
            ReceivedChannel channel = batch.get(i);
            if (channel.link == link && channel.subscribed && !channel.live && !channel.isRepairing()) {
                sequencer.goLive(channel, positions.get(i), serverId);
            }
        }
        onRefused(link, batch.stream().filter(channel -> !channel.subscribed).toList());
    }

    /** Redis has refused a batch: it is asked again. */
    void onRefused(Link link, List<ReceivedChannel> batch) {
        for (ReceivedChannel channel : batch) {
            if (channel.link == link && !channel.live) {
                channel.end(time.nanos());
            }
        }
    }

    /** Lets go what nobody wants any more, fails who has waited too long, asks again for what was not confirmed. */
    void onTick(long now) {
        letGo(now);
        sequencer.onTick(now);
        if (!waited.isEmpty()) {
            String trouble = topology.trouble(now);
            String reason = "not subscribed: " + (trouble == null ? Reasons.UNCONFIRMED : Reasons.AWAY);
            List.copyOf(waited).forEach(channel -> channel.expire(now, reason));
            waited.removeIf(channel -> !channel.hasWaiters());
        }
    }

    /** The difference between what is wanted and what is confirmed, once more from the beginning. */
    void reconcile(long now) {
        for (ReceivedChannel channel : channels.all()) {
            Link link = channel.link;
            if (link != null && !channel.live && now - channel.askedNanos > ASK_AGAIN_NANOS) {
                channel.end(now);
            } else if (link != null && channel.hasMoved(isServedElsewhere(channel, link), now)) {
                commands.unsubscribe(link, List.of(channel));
                channel.end(now);
            }
            if (channel.link == null && channel.wanted > 0) {
                toAsk.add(channel);
            }
        }
    }

    private void letGo(long now) {
        Map<Link, List<ReceivedChannel>> leaving = new HashMap<>();
        for (ReceivedChannel channel : unwanted.takeDue(now)) {
            channels.forget(channel);
            Link link = channel.link;
            if (link != null) {
                leaving.computeIfAbsent(link, l -> new ArrayList<>()).add(channel);
            }
        }
        leaving.forEach(commands::unsubscribe);
    }

    /** The link to subscribe a channel at, or null while there is none with a connection for that. */
    private @Nullable Link serving(ReceivedChannel channel) {
        Link link = topology.link(channel.tag);
        return link == null || link.subscriptions() == null ? null : link;
    }

    private boolean isServedElsewhere(ReceivedChannel channel, Link link) {
        Link serving = serving(channel);
        return serving != null && serving != link;
    }
}
