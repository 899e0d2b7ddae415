package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Checker.Holes;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * A master of a cluster dies, and its replica takes over, which may lack the last messages: a hole need not equal the
 * loss, and each of the master's channels has one.
 */
class ClusterMasterKilledIT {
    @Test
    void theMastersChannelsAreLiveAgain_atTheReplica_andOthersAreNotAffected() {
        try (RedisCluster cluster = RedisCluster.start();
                Fleet fleet = Fleet.start(3, cluster.url());
                Traffic traffic = Traffic.start(fleet)) {
            RedisServer master = cluster.masters().get(0);
            RedisServer replica = cluster.replicaOf(master);
            Set<String> touched = cluster.channelsAt(master);
            assertThat(touched).isNotEmpty().isNotEqualTo(Set.copyOf(traffic.channels()));

            master.kill9();
            assertThat(traffic.healed()).as("seconds, %s", fleet.log()).isLessThan(10);
            assertThat(cluster.channelsAt(replica)).isEqualTo(touched);
            master.restart();
            cluster.awaitWhole();
            assertThat(traffic.healed()).as("seconds, %s", fleet.log()).isLessThan(10);
            fleet.awaitReady();

            traffic.finish(
                    "cluster: master kill -9, a replica takes over",
                    (channel, from, to) -> touched.contains(channel) ? Holes.AT_LEAST_ONE : Holes.NONE);
            assertThat(traffic.refusedOutside(touched)).isEmpty();
            assertThat(traffic.endings()).isEmpty();
        }
    }
}
