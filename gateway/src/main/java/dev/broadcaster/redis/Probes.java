package dev.broadcaster.redis;

import dev.broadcaster.relay.HistoryConfig;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The probes of this node: each link hears one of a part that it serves, published by the link itself. Owned by the event
 * loop.
 */
final class Probes {
    /** Everything has expired: the script takes every way that it has. */
    private static final HistoryConfig.Rule EXPIRED = new HistoryConfig.Rule("", 1, Duration.ofMillis(-1));

    private final Topology topology;
    private final PublishCommands commands;
    private final SubscriptionCommands subscriptions;
    private final @Nullable HistoryCommands histories;
    private final KeyNames names;
    private final String channel; // random, so that it is nobody else's

    /** @param histories null where no channel has a history, and the rights for one are not needed */
    Probes(
            Topology topology,
            PublishCommands commands,
            SubscriptionCommands subscriptions,
            @Nullable HistoryCommands histories,
            KeyNames names,
            RandomGenerator random) {
        this.topology = topology;
        this.commands = commands;
        this.subscriptions = subscriptions;
        this.histories = histories;
        this.names = names;
        this.channel = "*" + Long.toHexString(random.nextLong());
    }

    /** Parts of the channels are served by others than before: links whose probe is another's now get one of their own. */
    void onMoved() {
        topology.links().stream().filter(link -> !isServing(link)).forEach(this::subscribe);
    }

    /** Sends a probe; false if the link serves nothing. */
    boolean send(Link link) {
        if (!isServing(link)) {
            subscribe(link);
        }
        Probe probe = link.probe();
        StatefulRedisConnection<String, Value> connection = link.commands();
        if (probe != null && connection != null) {
            ProbeRound round = new ProbeRound(new OnRound(link, probe));
            PublishCommand command = commands.probe(probe.tag(), probe.channel(), histories != null, round);
            round.publish(command);
            link.onProbeSent(command.id);
            link.publishes().send(connection, command);
            if (histories != null) {
                round.await(
                        "history.lua",
                        histories.read(connection.async(), probe.tag(), probe.channel(), EXPIRED, 1, 1, null));
            }
            subscriptions.tryAll(link, probe, round);
        }
        return probe != null;
    }

    private final class OnRound implements ProbeRound.Listener {
        private final Link link;
        private final Probe probe;

        OnRound(Link link, Probe probe) {
            this.link = link;
            this.probe = probe;
        }

        @Override
        public void onRefused(String reason) {
            Probes.this.onRefused(link, probe, reason);
        }

        @Override
        public void onLacking(String reason) {
            if (PublishCommand.isElsewhere(reason)) {
                Probes.this.onRefused(link, probe, reason);
            } else {
                link.onLacking(reason);
            }
        }

        @Override
        public void onComplete() {
            link.onComplete();
        }
    }

    /** Has the link listen for a probe of the first part that it serves; for none if it serves nothing. */
    void subscribe(Link link) {
        link.probe(null);
        for (int tag = 0; tag < HashTags.COUNT; tag++) {
            if (topology.link(tag) == link) {
                Probe probe = new Probe(tag, channel, names.topic(tag, channel));
                link.probe(probe);
                subscriptions.subscribeProbe(link, probe.topic(), reason -> onRefused(link, probe, reason));
                return;
            }
        }
    }

    private boolean isServing(Link link) {
        Probe probe = link.probe();
        return probe != null && topology.link(probe.tag()) == link;
    }

    /** A part that has moved away says nothing about the others: the next probe is of one that the link serves. */
    private void onRefused(Link link, Probe probe, String reason) {
        if (!PublishCommand.isElsewhere(reason)) {
            link.onProbeRefused(reason);
        } else if (probe.equals(link.probe())) {
            link.probe(null);
        }
        topology.onMoved();
    }
}
