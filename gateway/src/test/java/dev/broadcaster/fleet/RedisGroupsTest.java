package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Cluster and Sentinel of the fault tests behave like real ones. */
@Tag("fleet")
class RedisGroupsTest {
    @Test
    void cluster_movesSlots_andReplacesMasters() {
        try (RedisCluster cluster = RedisCluster.start()) {
            assertThat(cluster.masters()).hasSize(3);
            int slot = cluster.slotOf("a");
            RedisServer from = cluster.master(slot);
            from.command("SET", "a", "1");
            RedisServer to = cluster.masters().stream()
                    .filter(master -> master != from)
                    .findFirst()
                    .orElseThrow();

            cluster.moveSlot(slot, to);

            assertThat(to.command("GET", "a")).isEqualTo("1");
            assertThat(cluster.master(slot)).isSameAs(to);
            RedisServer replica = cluster.replicaOf(to);
            cluster.failover(replica);
            cluster.awaitWhole();
            assertThat(cluster.master(slot)).isSameAs(replica);
            assertThat(replica.command("GET", "a")).isEqualTo("1");
            replica.kill9();
            cluster.awaitWhole();
            assertThat(cluster.master(slot)).isSameAs(to);
        }
    }

    @Test
    void sentinel_replacesTheMaster() {
        try (RedisSentinel group = RedisSentinel.start()) {
            RedisServer master = group.master();
            master.kill9();
            group.awaitOtherMaster(master);
            assertThat(group.master().command("SET", "a", "1")).isEqualTo("OK");
        }
    }
}
