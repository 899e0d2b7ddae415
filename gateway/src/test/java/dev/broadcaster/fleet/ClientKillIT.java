package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Checker.Verdict;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Redis ends all connections of one kind, of all nodes at once. */
class ClientKillIT {
    /** A thousand messages per second: enough to lose some while no node is subscribed. */
    private static final Traffic.Plan PLAN = new Traffic.Plan(8, 3, 8, 1_000, Traffic.Plan.seedOfNow());

    private static RedisServer redis;
    private static Fleet fleet;

    @BeforeAll
    static void start() {
        redis = RedisServer.start();
        fleet = Fleet.start(3, redis.url());
    }

    @AfterAll
    static void stop() {
        fleet.close();
        redis.close();
    }

    @Test
    void lossOfSubscriptions_isRepairedInASecond() {
        try (Traffic traffic = Traffic.start(fleet, PLAN)) {
            assertThat(redis.command("CLIENT", "KILL", "TYPE", "pubsub")).isEqualTo(3L);
            assertThat(traffic.healed())
                    .as("until everything is subscribed again")
                    .isLessThan(1);

            traffic.finish("CLIENT KILL TYPE pubsub", Holes.EXACT);
            assertThat(traffic.mostGaps()).as("holes in a subscription").isLessThanOrEqualTo(1);
            assertThat(traffic.endings()).as("connections that ended").isEmpty();
        }
    }

    @Test
    void lossOfOneNodesSubscriptions_isOneHole_ofTheMessagesOfOtherNodes() {
        try (Traffic traffic = Traffic.start(fleet, PLAN)) {
            String subscribers = String.valueOf(redis.command("CLIENT", "LIST", "TYPE", "pubsub"));
            String id = subscribers.replaceFirst("(?s)^id=(\\d+).*", "$1");
            assertThat(redis.command("CLIENT", "KILL", "ID", id)).isEqualTo(1L);
            assertThat(traffic.healed())
                    .as("until everything is subscribed again")
                    .isLessThan(1);

            Verdict verdict = traffic.finish("CLIENT KILL of one node's pubsub", Holes.EXACT);
            assertThat(verdict.lost()).as("lost").isPositive();
            assertThat(verdict.holes()).as("holes").isEqualTo(verdict.lost());
            assertThat(traffic.mostGaps()).as("holes in a subscription").isEqualTo(1);
            assertThat(traffic.endings()).as("connections that ended").isEmpty();
        }
    }

    @Test
    void lossOfCommandConnections_losesNothing() {
        try (Traffic traffic = Traffic.start(fleet, PLAN)) {
            assertThat(redis.command("CLIENT", "KILL", "TYPE", "normal")).isEqualTo(3L);
            assertThat(traffic.healed()).as("until everything flows").isLessThan(1);

            traffic.finish("CLIENT KILL TYPE normal", Holes.NONE);
            assertThat(traffic.endings()).as("connections that ended").isEmpty();
        }
    }
}
