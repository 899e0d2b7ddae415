package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Checker.Holes;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * A node is frozen, for example with its machine, and resumed; the system property {@code faults.pause.seconds} sets
 * the time.
 */
class NodePausedIT {
    private static final Pattern PAUSE = Pattern.compile("was paused for (\\d+) ms");
    private static final int SECONDS = Integer.getInteger("faults.pause.seconds", 12);

    @Test
    void otherNodesAreNotAffected_andTheNodeDetectsItsPause() {
        try (RedisServer redis = RedisServer.start();
                Fleet fleet = Fleet.start(3, redis.url());
                Traffic traffic = Traffic.start(fleet)) {
            GatewayNode paused = fleet.node(1);
            paused.sigstop();
            Fleet.sleep(SECONDS);
            assertThat(fleet.node(0).isReady() && fleet.node(2).isReady())
                    .as("the others are ready")
                    .isTrue();
            paused.sigcont();
            assertThat(Fleet.secondsUntil("ready", paused::isReady))
                    .as("until the node is ready")
                    .isLessThan(10);
            assertThat(traffic.healed()).as("until everything flows").isLessThan(5);

            traffic.finish("node SIGSTOP " + SECONDS + " s", Holes.EXACT);
            assertThat(longestPause(paused))
                    .as("seconds that the node knows of")
                    .isBetween(SECONDS - 1.0, SECONDS + 5.0);
            assertThat(traffic.endings()).as("connections that ended").hasSizeLessThanOrEqualTo(1);
        }
    }

    private static double longestPause(GatewayNode node) {
        return PAUSE.matcher(node.process().log())
                .results()
                .mapToDouble(pause -> Long.parseLong(pause.group(1)) / 1e3)
                .max()
                .orElse(0);
    }
}
