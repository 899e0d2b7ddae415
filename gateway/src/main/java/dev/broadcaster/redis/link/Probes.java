package dev.broadcaster.redis.link;

import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.relay.PublishOutcome;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
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
        Proof.Probe probe = link.probe();
        StatefulRedisConnection<CharSequence, Object> connection = link.commands();
        if (probe != null && connection != null) {
            new Round(link, probe).send(connection);
        }
        return probe != null;
    }

    /** Subscribes the link to a topic of the first partition that it serves; to none if it serves none. */
    void subscribe(Link link) {
        link.probe(null);
        for (int partition = 0; partition < KeyNames.PARTITIONS; partition++) {
            if (topology.link(partition) == link) {
                Proof.Probe probe = new Proof.Probe(partition, channel, names.topic(partition, channel));
                link.probe(probe);
                link.source().subscribeProbe(probe.topic(), reason -> onRefused(link, probe, reason));
                return;
            }
        }
    }

    private boolean isServing(Link link) {
        Proof.Probe probe = link.probe();
        return probe != null && topology.link(probe.partition()) == link;
    }

    private void onLacking(Link link, Proof.Probe probe, String reason) {
        if (PublishCommand.isElsewhere(reason)) {
            onRefused(link, probe, reason);
        } else {
            link.onLacking(reason);
        }
    }

    /** A partition that has moved proves nothing about the others: the next probe uses one that the link serves. */
    private void onRefused(Link link, Proof.Probe probe, String reason) {
        if (!PublishCommand.isElsewhere(reason)) {
            link.onProbeRefused(reason);
        } else if (probe.equals(link.probe())) {
            link.probe(null);
        }
        topology.onMoved();
    }

    /**
     * The answers to one probe, which tries every command that a node needs: a publish in which the script runs each of
     * its commands, a reading of a history, of a counter, and an unsubscribe. It has one result, or none if the
     * connection ends.
     */
    private final class Round implements PublishCallback {
        private final Link link;
        private final Proof.Probe probe;
        private final PublishCommand command;
        private int missing = 1; // answers; the first is the answer to the publish
        private boolean failed;

        private Round(Link link, Proof.Probe probe) {
            this.link = link;
            this.probe = probe;
            this.command = commands.probe(probe.partition(), probe.channel(), histories != null, this);
            command.probeHandler = this::onReply;
        }

        private void send(StatefulRedisConnection<CharSequence, Object> connection) {
            link.onProbeSent(command.id);
            link.publishes().send(connection, command);
            if (histories != null) {
                await(
                        "history.lua",
                        histories.read(connection.async(), probe.partition(), probe.channel(), EXPIRED, 1, 1, null));
            }
            link.source().tryAll(probe, this::await);
        }

        /** The publish was not sent, or refused. */
        @Override
        public void onOutcome(PublishOutcome outcome) {
            if (outcome instanceof PublishOutcome.NotPublished) {
                failed = true;
                String error = command.error();
                onRefused(link, probe, error == null ? "too many bytes wait for replies" : "refused: " + error);
            }
        }

        /** The script has run. */
        private void onReply(PublishCommand reply) {
            String error = reply.error();
            String problem = error != null ? error : reply.problem();
            answer(problem == null ? null : "refused: " + problem);
        }

        /** Awaits the answer to another command. */
        private void await(String name, CompletionStage<?> answer) {
            missing++;
            Answers.take(answer, (value, failure) -> {
                if (failure == null) {
                    answer(null);
                } else if (Answers.isRefusal(failure)) {
                    answer("refused: " + PublishCommand.withoutScript(Answers.error(failure)) + " [" + name + "]");
                }
            });
        }

        private void answer(@Nullable String refusal) {
            missing--;
            if (refusal != null && !failed) {
                failed = true;
                onLacking(link, probe, refusal);
            } else if (missing == 0 && !failed) {
                link.onComplete();
            }
        }
    }
}
