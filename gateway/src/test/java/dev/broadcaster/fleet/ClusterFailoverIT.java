package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Checker.Holes;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** {@code CLUSTER FAILOVER}: a replica becomes the master in agreement with the old one, which loses no message. */
class ClusterFailoverIT {
    @Test
    void theMastersChannelsAreLiveAgain_holesEqualLosses_andOthersAreNotAffected() {
        try (RedisCluster cluster = RedisCluster.start();
                Fleet fleet = Fleet.start(3, cluster.url());
                Traffic traffic = Traffic.start(fleet)) {
            RedisServer master = cluster.masters().get(0);
            RedisServer replica = cluster.replicaOf(master);
            Set<String> touched = cluster.channelsAt(master);
            assertThat(touched).isNotEmpty().isNotEqualTo(Set.copyOf(traffic.channels()));

            cluster.failover(replica);
            assertThat(traffic.healed()).as("seconds, %s", fleet.log()).isLessThan(10);
            assertThat(cluster.channelsAt(replica)).isEqualTo(touched);
            cluster.awaitWhole();
            cluster.failover(master);
            assertThat(traffic.healed()).as("seconds, %s", fleet.log()).isLessThan(10);
            assertThat(cluster.channelsAt(master)).isEqualTo(touched);
            fleet.awaitReady();
            await("probes by the new way, without a pause")
                    .during(Duration.ofSeconds(4))
                    .atMost(Duration.ofSeconds(5))
                    .until(fleet::isReady);

            traffic.finish(
                    "cluster: CLUSTER FAILOVER, there and back",
                    (channel, from, to) -> touched.contains(channel) ? Holes.EXACT : Holes.NONE);
            assertThat(traffic.refusedOutside(touched)).isEmpty();
            assertThat(traffic.endings()).isEmpty();
        }
    }
}
