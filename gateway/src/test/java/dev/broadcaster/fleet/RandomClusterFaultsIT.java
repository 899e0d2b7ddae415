package dev.broadcaster.fleet;

import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Checker.Holes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Faults of a cluster and of its nodes, in a random order; see {@link RandomFaultsIT}, whose properties set the seed
 * and, with {@code -Dfaults.minutes=}, the length.
 */
class RandomClusterFaultsIT {
    /**
     * A master that was silent for a second may have accepted messages that its successor never received, so a server
     * that takes over from it takes over a loss of unknown size. A replica that is ordered to fail over is silent until
     * it has, or for five seconds if others do not vote, because they have just voted about it.
     */
    private static final long DOUBT_NANOS = 800_000_000L;

    private final long seed = Traffic.Plan.seedOfNow();
    private final long seconds = Long.getLong("faults.minutes", 0) * 60;
    private final Random random = new Random(seed);
    private final List<long[]> uncounted = new ArrayList<>(); // the intervals in which a master was lost, or in doubt

    @Test
    void everythingFlowsAgain_afterEachFault_andEveryLossIsAHole() {
        System.out.printf("random cluster faults: seed %d%n", seed);
        try (RedisCluster cluster = RedisCluster.start();
                Fleet fleet = Fleet.start(3, cluster.url());
                Traffic traffic = Traffic.start(fleet, new Traffic.Plan(4, 6, 12, 150, seed))) {
            long start = System.nanoTime();
            for (long now = start; now - start < Math.max(30, seconds) * 1_000_000_000L; now = System.nanoTime()) {
                String name = strike(cluster, fleet, traffic);
                double at = (now - start) / 1e9;
                long healed = System.nanoTime();
                recover(fleet, traffic, name, at);
                if (name.contains("kill -9, a replica") || name.contains("at last")) {
                    cluster.awaitWhole();
                    uncounted.add(new long[] {now, System.nanoTime()});
                }
                System.out.printf(
                        Locale.ROOT,
                        "random cluster faults: at %6.1f s %-34s recovered %5.2f s%n",
                        at,
                        name,
                        (System.nanoTime() - healed) / 1e9);
                traffic.flow(100 + random.nextInt(900));
            }
            traffic.finish("random cluster faults", this::holes);
        }
    }

    private void recover(Fleet fleet, Traffic traffic, String name, double at) {
        try {
            traffic.healed();
            await("/ready of all")
                    .atMost(Traffic.RECOVERY_LIMIT)
                    .pollInterval(Duration.ofMillis(50))
                    .until(fleet::isReady);
        } catch (RuntimeException e) {
            throw new AssertionError(
                    String.format(Locale.ROOT, "after %s at %.1f s, seed %d: %s", name, at, seed, e.getMessage()), e);
        }
    }

    private Holes holes(String channel, long from, long to) {
        return uncounted.stream().anyMatch(span -> from <= span[1] && span[0] <= to) ? Holes.AT_LEAST_ONE : Holes.EXACT;
    }

    private String strike(RedisCluster cluster, Fleet fleet, Traffic traffic) {
        RedisServer master = any(cluster.masters());
        switch (random.nextInt(8)) {
            case 0 -> {
                RedisServer replica = cluster.replicaOf(master);
                master.kill9();
                await("the new master").atMost(Duration.ofSeconds(20)).until(() -> RedisCluster.isMaster(replica));
                traffic.flow(random.nextInt(2_000));
                master.restart();
                return "master kill -9, a replica takes over";
            }
            case 1, 2 -> {
                long asked = System.nanoTime();
                cluster.failover(cluster.replicaOf(master));
                boolean slow = System.nanoTime() - asked > DOUBT_NANOS;
                traffic.flow(random.nextInt(300));
                cluster.awaitWhole();
                return slow ? "CLUSTER FAILOVER, at last" : "CLUSTER FAILOVER";
            }
            case 3, 4 -> {
                for (int i = 0; i <= random.nextInt(3); i++) {
                    int slot = any(List.copyOf(cluster.subscribedSlots()));
                    RedisServer to = any(cluster.masters());
                    if (cluster.master(slot) != to) {
                        cluster.moveSlot(slot, to);
                    }
                }
                return "slots move";
            }
            case 5 -> {
                master.command("CLIENT", "KILL", "TYPE", "pubsub");
                return "CLIENT KILL TYPE pubsub";
            }
            case 6 -> {
                master.command("CLIENT", "KILL", "TYPE", "normal");
                return "CLIENT KILL TYPE normal";
            }
            default -> {
                GatewayNode node = any(fleet.nodes());
                node.kill9();
                node.restart();
                return "node kill -9, restart";
            }
        }
    }

    private <T> T any(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }
}
