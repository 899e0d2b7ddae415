package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Checker.Holes;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/**
 * {@code CLIENT KILL TYPE pubsub} on every master of a cluster: every node loses every subscription, and subscribes to
 * each again by itself.
 */
class ClusterPubsubConnectionsKilledIT {
    private static final int TIMES = 3;

    @Test
    void everyChannelIsLiveAgain_afterASecond_andHolesEqualLosses() {
        try (RedisCluster cluster = RedisCluster.start();
                Fleet fleet = Fleet.start(3, cluster.url());
                Traffic traffic = Traffic.start(fleet)) {
            assertThat(cluster.masters())
                    .hasSize(3)
                    .allSatisfy(master -> assertThat(cluster.channelsAt(master)).isNotEmpty());

            for (int i = 0; i < TIMES; i++) {
                for (RedisServer master : cluster.masters()) {
                    assertThat(master.command("CLIENT", "KILL", "TYPE", "pubsub"))
                            .as("connections killed, one of each node at least")
                            .asInstanceOf(InstanceOfAssertFactories.LONG)
                            .isGreaterThanOrEqualTo(3);
                }
                assertThat(traffic.healed()).as("seconds, %s", fleet.log()).isLessThan(1);
                traffic.flow(1_000);
            }

            traffic.finish("cluster: CLIENT KILL TYPE pubsub, 3 times", Holes.EXACT);
            assertThat(traffic.endings()).isEmpty();
        }
    }
}
