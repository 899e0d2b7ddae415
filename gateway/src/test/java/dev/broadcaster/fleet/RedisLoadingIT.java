package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Checker.Holes;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * Redis starts again and loads its data for seconds: it accepts connections and subscriptions, and refuses the rest.
 */
class RedisLoadingIT {
    private static final String FILL = "for i = 1, 40000 do redis.call('SET', 'fill' .. i, i) end";

    @Test
    void theNodesReportTheReason_andAreReadyWhenItIsLoaded() {
        try (RedisServer redis = RedisServer.start("appendonly yes", "key-load-delay 50");
                Fleet fleet = Fleet.start(2, redis.url());
                Traffic traffic = Traffic.start(fleet)) {
            redis.command("EVAL", FILL, "0");
            redis.kill9();
            redis.restartWithoutWaiting();
            await("the reason")
                    .atMost(Duration.ofSeconds(4))
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> fleet.nodes().stream()
                            .allMatch(node -> node.ready().body().contains("LOADING")));
            long connects = (long) fleet.metric("broadcaster_relay_connects_total", "");
            await("the end of the loading")
                    .atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> redis.info("loading").equals("0"));
            assertThat(traffic.healed()).as("until everything flows").isLessThan(5);
            assertThat(fleet.secondsUntilReady()).as("until ready").isLessThan(5);
            assertThat(fleet.metric("broadcaster_relay_connects_total", ""))
                    .as("connections made while it was loading")
                    .isEqualTo(connects);

            traffic.finish("Redis -LOADING", Holes.AT_LEAST_ONE);
            assertThat(traffic.endings()).as("connections that ended").isEmpty();
            assertThat(traffic.mostGaps()).as("holes in a subscription").isLessThanOrEqualTo(1);
        }
    }
}
