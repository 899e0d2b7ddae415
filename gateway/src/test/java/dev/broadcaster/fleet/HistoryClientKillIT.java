package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Checker.Holes;
import org.junit.jupiter.api.Test;

/**
 * P6: Redis ends the connections for subscriptions, of all nodes at once and of one, and the channels have a history.
 */
class HistoryClientKillIT {
    private static final int KILLS = 3;
    private static final Traffic.Plan PLAN = new Traffic.Plan(8, 3, 8, 900, Traffic.Plan.seedOfNow());

    @Test
    void noClientIsAffected() {
        try (RedisServer redis = RedisServer.start();
                Fleet fleet = Fleet.startWithHistory(2, redis.url(), "fault:=10000/10m");
                Traffic traffic = Traffic.start(fleet, PLAN)) {
            for (int i = 0; i < KILLS; i++) {
                assertThat(redis.command("CLIENT", "KILL", "TYPE", "pubsub")).isEqualTo(2L);
                assertThat(traffic.healed())
                        .as("until everything is subscribed again")
                        .isLessThan(2);
                traffic.flow(500);
            }
            for (int i = 0; i < KILLS; i++) {
                killOne(redis); // and the other node's publishers continue meanwhile
                assertThat(traffic.healed()).as("until it is subscribed again").isLessThan(2);
                traffic.flow(200);
            }
            double repaired = fleet.metric("broadcaster_relay_messages_repaired_total", "");

            assertThat(traffic.finish("CLIENT KILL of pubsub 6 times, history", Holes.NONE)
                            .holes())
                    .as("holes")
                    .isZero();
            System.out.printf("%.0f messages repaired%n", repaired);
            assertThat(repaired).as("messages repaired").isPositive();
            assertThat(traffic.endings()).as("connections that ended").isEmpty();
        }
    }

    private static void killOne(RedisServer redis) {
        String subscribers = String.valueOf(redis.command("CLIENT", "LIST", "TYPE", "pubsub"));
        String id = subscribers.replaceFirst("(?s)^id=(\\d+).*", "$1");
        assertThat(redis.command("CLIENT", "KILL", "ID", id)).isEqualTo(1L);
    }
}
