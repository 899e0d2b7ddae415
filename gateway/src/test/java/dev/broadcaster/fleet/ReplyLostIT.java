package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Checker.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Redis executes a request of a node, the reply is lost, and then the connection ends. */
class ReplyLostIT {
    private static final int ROUNDS = 5;

    @Test
    void nothingIsPublishedTwice() {
        try (RedisServer redis = RedisServer.start();
                FaultProxy network = new FaultProxy(redis.port(), Traffic.Plan.seedOfNow());
                Fleet fleet = Fleet.start(List.of(redis.url(), redis.url(network.port())));
                Traffic traffic = Traffic.start(fleet, new Traffic.Plan(16, 4, 8, 1_000, Traffic.Plan.seedOfNow()))) {
            for (int i = 0; i < ROUNDS; i++) {
                network.dropReplies();
                Fleet.sleep(0.2);
                network.refuse();
                network.heal();
                assertThat(traffic.healed()).as("until everything flows").isLessThan(5);
            }
            fleet.awaitReady();

            Verdict verdict = traffic.finish("replies lost, then cut, 5 times", Holes.EXACT);
            assertThat(verdict.unknown()).as("publishes whose reply was lost").isPositive();
            assertThat(verdict.duplicates()).isZero();
            assertThat(traffic.endings()).as("connections that ended").isEmpty();
        }
    }
}
