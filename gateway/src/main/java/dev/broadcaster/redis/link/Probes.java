package dev.broadcaster.redis.link;

import dev.broadcaster.redis.wire.HashTags;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.relay.HistoryConfig;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The probes of this node: each link publishes to a topic of its own, of a partition that it serves. Owned by the event loop. */
final class Probes {
    /** A history whose messages have all expired: the script runs each of its commands. */
    private static final HistoryConfig.Rule EXPIRED = new HistoryConfig.Rule("", 1, Duration.ofMillis(-1));

    private final Topology topology;
    private final PublishCommands commands;
    private final @Nullable HistoryCommands histories;
    private final KeyNames names;
    private final String channel; // random, so that no other node has it

    /**
     * @param histories null if no channel has a history, and its rights are not needed
     */
    Probes(
            Topology topology,
            PublishCommands commands,
            @Nullable HistoryCommands histories,
            KeyNames names,
            RandomGenerator random) {
        this.topology = topology;
        this.commands = commands;
        this.histories = histories;
        this.names = names;
        this.channel = "*" + Long.toHexString(random.nextLong());
    }

    /**
     * Partitions have moved to other links: a link whose probe belongs to a partition of another link gets a new probe.
     */
    void onMoved() {
        topology.links().stream().filter(link -> !isServing(link)).forEach(this::subscribe);
    }

    /** Sends a probe; false if the link serves no partition. */
    boolean send(Link link) {
        if (!isServing(link)) {
            subscribe(link);
        }
        ProbeRound.Probe probe = link.probe();
        StatefulRedisConnection<String, Object> connection = link.commands();
        if (probe != null && connection != null) {
            ProbeRound round = new ProbeRound(
                    reason -> onRefused(link, probe, reason),
                    reason -> onLacking(link, probe, reason),
                    link::onComplete);
            PublishCommand command = commands.probe(probe.partition(), probe.channel(), histories != null, round);
            round.publish(command);
            link.onProbeSent(command.id);
            link.publishes().send(connection, command);
            if (histories != null) {
                round.await(
                        "history.lua",
                        histories.read(connection.async(), probe.partition(), probe.channel(), EXPIRED, 1, 1, null));
            }
            link.source().tryAll(probe, round);
        }
        return probe != null;
    }

    /** Subscribes the link to a topic of the first partition that it serves; to none if it serves none. */
    void subscribe(Link link) {
        link.probe(null);
        for (int partition = 0; partition < HashTags.COUNT; partition++) {
            if (topology.link(partition) == link) {
                ProbeRound.Probe probe = new ProbeRound.Probe(partition, channel, names.topic(partition, channel));
                link.probe(probe);
                link.source().subscribeProbe(probe.topic(), reason -> onRefused(link, probe, reason));
                return;
            }
        }
    }

    private boolean isServing(Link link) {
        ProbeRound.Probe probe = link.probe();
        return probe != null && topology.link(probe.partition()) == link;
    }

    private void onLacking(Link link, ProbeRound.Probe probe, String reason) {
        if (PublishCommand.isElsewhere(reason)) {
            onRefused(link, probe, reason);
        } else {
            link.onLacking(reason);
        }
    }

    /** A partition that has moved proves nothing about the others: the next probe uses one that the link serves. */
    private void onRefused(Link link, ProbeRound.Probe probe, String reason) {
        if (!PublishCommand.isElsewhere(reason)) {
            link.onProbeRefused(reason);
        } else if (probe.equals(link.probe())) {
            link.probe(null);
        }
        topology.onMoved();
    }
}
