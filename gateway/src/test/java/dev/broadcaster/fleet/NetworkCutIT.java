package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Checker.Holes;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** No bytes pass between one node and Redis, or none in one direction; no socket reports it. */
class NetworkCutIT {
    /** Longer than a node takes to give up its connections. */
    private static final double CUT_SECONDS = 7.5;

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

    @Test
    void bothWays() {
        cut("network cut 7.5 s", FaultProxy::blackHole);
    }

    @Test
    void fromNodeToRedis() {
        cut("network cut 7.5 s, node to Redis", FaultProxy::blackHoleRequests);
    }

    @Test
    void fromRedisToNode() {
        cut("network cut 7.5 s, Redis to node", FaultProxy::blackHoleReplies);
    }

    private static void cut(String fault, Consumer<FaultProxy> how) {
        try (Traffic traffic = Traffic.start(fleet)) {
            GatewayNode far = fleet.node(1);
            double connects = connects(far);
            how.accept(network);
            long cut = System.nanoTime();
            double detected = Fleet.secondsUntil("not ready", () -> !far.isReady());
            assertThat(detected).as("until the node is not ready").isLessThan(10);
            Fleet.sleep(CUT_SECONDS - (System.nanoTime() - cut) / 1e9);
            assertThat(fleet.node(0).isReady()).as("the other node is ready").isTrue();

            network.heal();
            assertThat(traffic.healed()).as("until everything flows").isLessThan(5);
            assertThat(Fleet.secondsUntil("ready", far::isReady))
                    .as("until the node is ready")
                    .isLessThan(5);

            traffic.finish(fault, Holes.EXACT);
            assertThat(connects(far)).as("connections made by the node").isGreaterThan(connects);
            assertThat(traffic.endings()).as("connections that ended").isEmpty();
            assertThat(traffic.mostGaps()).as("holes in a subscription").isLessThanOrEqualTo(1);
        }
    }

    private static double connects(GatewayNode node) {
        return node.process().metric("broadcaster_relay_connects_total");
    }
}
