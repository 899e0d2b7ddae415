package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Checker.Holes;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A master of a cluster stops answering and keeps its sockets; its replica takes over; it wakes up as a replica. */
class ClusterMasterSilentIT {
    @Test
    void theMastersChannelsAreLiveAgain_whileItIsSilent_andOthersAreNotAffected() {
        try (RedisCluster cluster = RedisCluster.start();
                Fleet fleet = Fleet.start(3, cluster.url());
                Traffic traffic = Traffic.start(fleet)) {
            RedisServer master = cluster.masters().stream()
                    .filter(each -> each != cluster.servers().get(0)) // used by the test bench
                    .filter(each -> !cluster.channelsAt(each).isEmpty())
                    .findFirst()
                    .orElseThrow();
            RedisServer replica = cluster.replicaOf(master);
            Set<String> touched = cluster.channelsAt(master);
            assertThat(touched).isNotEqualTo(Set.copyOf(traffic.channels()));

            master.sigstop();
            assertThat(traffic.healed()).as("seconds, %s", fleet.log()).isLessThan(10);
            assertThat(cluster.channelsAt(replica)).isEqualTo(touched);
            traffic.flow(4_000);
            master.sigcont();
            cluster.awaitWhole();
            assertThat(traffic.healed()).as("seconds, %s", fleet.log()).isLessThan(10);
            fleet.awaitReady();

            traffic.finish(
                    "cluster: master SIGSTOP, a replica takes over",
                    (channel, from, to) -> touched.contains(channel) ? Holes.AT_LEAST_ONE : Holes.NONE);
            assertThat(traffic.refusedOutside(touched)).isEmpty();
            assertThat(traffic.endings()).isEmpty();
        }
    }

    /**
     * It accepts publishes until it learns that it was replaced; nodes that use it have messages that no other node
     * gets.
     */
    @Test
    void everyLossIsAHole_whenTheMasterResumes_justAsItIsReplaced() {
        try (RedisCluster cluster = RedisCluster.start();
                Fleet fleet = Fleet.start(3, cluster.url());
                Traffic traffic = Traffic.start(fleet, new Traffic.Plan(8, 3, 8, 800, Traffic.Plan.seedOfNow()))) {
            RedisServer master = cluster.masters().stream()
                    .filter(each -> each != cluster.servers().get(0)) // used by the test bench
                    .filter(each -> !cluster.channelsAt(each).isEmpty())
                    .findFirst()
                    .orElseThrow();
            RedisServer replica = cluster.replicaOf(master);
            Set<String> touched = cluster.channelsAt(master);

            for (int i = 0; i < 4; i++) {
                RedisServer stopped = i % 2 == 0 ? master : replica;
                RedisServer next = i % 2 == 0 ? replica : master;
                stopped.sigstop();
                await("the new master")
                        .atMost(Duration.ofSeconds(20))
                        .pollInterval(Duration.ofMillis(20))
                        .until(() -> RedisCluster.isMaster(next));
                traffic.flow(300 * i);
                stopped.sigcont();
                assertThat(traffic.healed()).as("seconds, %s", fleet.log()).isLessThan(10);
                cluster.awaitWhole();
            }
            // A node may have read the slots from the waking master just before it knew.
            assertThat(traffic.healed()).as("seconds, %s", fleet.log()).isLessThan(10);
            fleet.awaitReady();

            traffic.finish(
                    "cluster: master SIGSTOP until replaced, 4 times",
                    (channel, from, to) -> touched.contains(channel) ? Holes.AT_LEAST_ONE : Holes.NONE);
            assertThat(traffic.refusedOutside(touched)).isEmpty();
        }
    }
}
