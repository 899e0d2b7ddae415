package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Checker.Holes;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The network between one node and Redis loses packets, resets connections, or is slow. */
class NetworkBadIT {
    private static RedisServer redis;
    private static FaultProxy network;
    private static Fleet fleet;

    @BeforeAll
    static void start() {
        redis = RedisServer.start();
        network = new FaultProxy(redis.port(), Traffic.Plan.seedOfNow());
        fleet = Fleet.start(List.of(redis.url(), redis.url(network.port())));
    }

    @AfterAll
    static void stop() {
        fleet.close();
        network.close();
        redis.close();
    }

    /** A lost packet arrives 200 ms later, when TCP sends it again, and later data waits for it. */
    @Test
    void packetsAreLost() {
        try (Traffic traffic = Traffic.start(fleet)) {
            network.stall(0.2, 200);
            Fleet.sleep(6);
            network.heal();
            assertHealed(traffic, "network loses 20 % for 6 s", Holes.EXACT);
        }
    }

    @Test
    void connectionsAreReset() {
        try (Traffic traffic = Traffic.start(fleet)) {
            for (int i = 0; i < 3; i++) {
                network.reset();
                Fleet.sleep(0.7);
            }
            assertHealed(traffic, "network resets connections, 3 times", Holes.EXACT);
        }
    }

    @Test
    void highLatency_losesNothing() {
        try (Traffic traffic = Traffic.start(fleet)) {
            network.delay(100);
            Fleet.sleep(4);
            assertThat(fleet.isReady()).as("ready all the while").isTrue();
            network.heal();
            assertHealed(traffic, "network delays 100 ms each way", Holes.NONE);
        }
    }

    /** A quarter of the bandwidth that the traffic needs: everything still arrives, later and later. */
    @Test
    void slowLink_makesTheNodeNotReady() {
        try (Traffic traffic = Traffic.start(fleet)) {
            network.drip(2_000, 100);
            assertThat(Fleet.secondsUntil("not ready", () -> !fleet.node(1).isReady()))
                    .as("until the node is not ready")
                    .isLessThan(10);
            network.heal();
            assertHealed(traffic, "network passes 20 kB/s", Holes.EXACT);
        }
    }

    private static void assertHealed(Traffic traffic, String fault, Holes holes) {
        assertThat(traffic.healed()).as("until everything flows").isLessThan(5);
        fleet.awaitReady();
        traffic.finish(fault, holes);
        assertThat(traffic.endings()).as("connections that ended").isEmpty();
    }
}
