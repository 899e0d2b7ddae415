package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Checker.Holes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * P3, the other direction: no hole without a loss. The system property {@code faults.none.seconds} sets the duration.
 */
class NoFaultIT {
    private static final int SECONDS = Integer.getInteger("faults.none.seconds", 5);

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
    void busyTraffic_hasNoHole() {
        run("none, busy", new Traffic.Plan(8, 6, 8, 2_000, Traffic.Plan.seedOfNow()));
    }

    /** Long pauses on every channel, in which a false loss could be detected. */
    @Test
    void quietTraffic_hasNoHole() {
        run("none, quiet", new Traffic.Plan(1, 3, 2, 4, Traffic.Plan.seedOfNow()));
    }

    private static void run(String fault, Traffic.Plan plan) {
        double lost = fleet.metric("broadcaster_relay_messages_lost_total", "");
        try (Traffic traffic = Traffic.start(fleet, plan)) {
            Fleet.sleep(SECONDS);
            assertThat(fleet.isReady()).isTrue();
            traffic.finish(fault + ", " + SECONDS + " s", Holes.NONE);
            assertThat(traffic.endings()).as("connections that ended").isEmpty();
            assertThat(fleet.metric("broadcaster_relay_messages_lost_total", ""))
                    .as("messages that the nodes call lost")
                    .isEqualTo(lost);
        }
    }
}
