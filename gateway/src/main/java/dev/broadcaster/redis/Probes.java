package dev.broadcaster.redis;

import dev.broadcaster.relay.PublishOutcome;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.random.RandomGenerator;

/**
 * The probes of this node: each link hears one of a part that it serves, published by the link itself. Owned by the event
 * loop.
 */
final class Probes {
    private final Topology topology;
    private final PublishCommands commands;
    private final SubscriptionCommands subscriptions;
    private final KeyNames names;
    private final String channel; // none that a client could name

    Probes(
            Topology topology,
            PublishCommands commands,
            SubscriptionCommands subscriptions,
            KeyNames names,
            RandomGenerator random) {
        this.topology = topology;
        this.commands = commands;
        this.subscriptions = subscriptions;
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
            PublishCommand command = commands.probe(probe.tag(), probe.channel(), outcome -> {
                if (outcome instanceof PublishOutcome.NotPublished refused) {
                    onRefused(link, probe, refused.reason().replace("not published: ", ""));
                }
            });
            link.onProbeSent(command.id);
            link.publishes().send(connection, command);
        }
        return probe != null;
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
