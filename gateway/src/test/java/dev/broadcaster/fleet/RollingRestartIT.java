package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Checker.Verdict;
import org.junit.jupiter.api.Test;

/** P9 for a fleet: one node after the other leaves with SIGTERM and is replaced, under load. */
class RollingRestartIT {
    @Test
    void noClientLosesAMessage() {
        try (RedisServer redis = RedisServer.start();
                Fleet fleet = Fleet.start(3, redis.url());
                Traffic traffic = Traffic.start(fleet)) {
            for (GatewayNode node : fleet.nodes()) {
                assertThat(node.terminate()).as("exit code").isZero();
                node.restart();
                fleet.awaitReady();
                assertThat(traffic.healed()).as("until everything flows").isLessThan(5);
            }

            Verdict verdict = traffic.finish("rolling restart of 3 nodes", Holes.NONE);
            assertThat(verdict.unknown()).as("publishes without an answer").isZero();
            assertThat(traffic.endings())
                    .isNotEmpty()
                    .allSatisfy(ending -> assertThat(ending).isEqualTo("1001 node is draining"));
        }
    }
}
