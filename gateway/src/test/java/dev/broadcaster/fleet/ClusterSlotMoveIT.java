package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.fleet.ReturningClient.Return;
import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Checker.Verdict;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A slot with its counters moves to another master while messages of its channels flow, there and back. */
class ClusterSlotMoveIT {
    @Test
    void theSlotsChannelsAreLiveAgain_andOthersAreNotAffected() {
        try (RedisCluster cluster = RedisCluster.start();
                Fleet fleet = Fleet.startWithHistory(3, cluster.url(), "fault:silent:=1000/10m");
                SilentClients silent = SilentClients.start(fleet, 1, 1);
                Traffic traffic = Traffic.start(fleet)) {
            RedisServer home = home(cluster, traffic.channels().get(0));
            int slot = cluster.slotOfChannel(traffic.channels().get(0));
            Set<String> touched = channelsIn(slot, cluster, traffic);
            String quiet = silent.clients().all().get(0).channel();
            silent.leave().publish(1);
            cluster.moveSlot(cluster.slotOfChannel(quiet), otherThan(home(cluster, quiet), cluster));
            silent.publish(2).comeBack().publish(1);
            assertThat(silent.check("cluster: slot of a silent channel moves")).allMatch(Return::complete);
            traffic.healed();

            moveThereAndBack(1, 2_000, slot, home, cluster, fleet, traffic);

            Verdict verdict = traffic.finish(
                    "cluster: live slot move, there and back",
                    (name, from, to) -> touched.contains(name) ? Holes.EXACT : Holes.NONE);
            assertThat(traffic.refusedOutside(touched)).isEmpty();
            assertThat(traffic.endings()).isEmpty();
            assertThat(verdict.unknown()).as("a slot that moves answers").isZero();
        }
    }

    /** Nodes prove each master by a message of one slot; the master still works when that slot moves away. */
    @Test
    void noChannelIsAffected_whenTheSlotOfTheProbesMoves() {
        try (RedisCluster cluster = RedisCluster.start();
                Fleet fleet = Fleet.start(3, cluster.url());
                Traffic traffic = Traffic.start(fleet)) {
            RedisServer home = home(cluster, traffic.channels().get(0));
            int slot = cluster.probedSlotsAt(home).iterator().next();
            assertThat(channelsIn(slot, cluster, traffic)).isEmpty();

            moveThereAndBack(4, 300, slot, home, cluster, fleet, traffic); // nodes cannot read the slots that often

            traffic.finish("cluster: the probes' slot moves, 8 times", Holes.NONE);
            assertThat(traffic.refusedOutside(Set.of()))
                    .as(() -> "refused, the last one " + traffic.refusal() + '\n' + fleet.log())
                    .isEmpty();
            assertThat(traffic.endings()).isEmpty();
        }
    }

    private static RedisServer home(RedisCluster cluster, String channel) {
        return cluster.masters().stream()
                .filter(master -> cluster.channelsAt(master).contains(channel))
                .findFirst()
                .orElseThrow();
    }

    private static RedisServer otherThan(RedisServer home, RedisCluster cluster) {
        return cluster.masters().stream()
                .filter(master -> master != home)
                .findFirst()
                .orElseThrow();
    }

    private static Set<String> channelsIn(int slot, RedisCluster cluster, Traffic traffic) {
        return traffic.channels().stream()
                .filter(channel -> cluster.slotOfChannel(channel) == slot)
                .collect(Collectors.toSet());
    }

    private static void moveThereAndBack(
            int times,
            long pauseMillis,
            int slot,
            RedisServer home,
            RedisCluster cluster,
            Fleet fleet,
            Traffic traffic) {
        Set<String> channels = channelsIn(slot, cluster, traffic);
        RedisServer other = otherThan(home, cluster);
        for (int i = 0; i < 2 * times; i++) {
            RedisServer to = i % 2 == 0 ? other : home;
            cluster.moveSlot(slot, to);
            assertThat(traffic.healed()).as("seconds, %s", fleet.log()).isLessThan(10);
            assertThat(cluster.channelsAt(to)).containsAll(channels);
            traffic.flow(pauseMillis);
        }
    }
}
