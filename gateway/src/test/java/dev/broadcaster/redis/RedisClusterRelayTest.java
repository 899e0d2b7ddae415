package dev.broadcaster.redis;

import dev.broadcaster.fleet.RedisCluster;
import dev.broadcaster.fleet.RedisServer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract, over a cluster of three masters. */
@Tag("redis")
final class RedisClusterRelayTest extends RedisRelayContract {
    private static RedisCluster cluster;

    @BeforeAll
    static void startRedis() {
        cluster = RedisCluster.start();
    }

    @AfterAll
    static void stopRedis() {
        cluster.close();
    }

    @Override
    String url() {
        return cluster.url();
    }

    @Override
    List<RedisServer> masters() {
        return cluster.masters();
    }

    @Override
    RedisServer master(String key) {
        return cluster.master(cluster.slotOf(key));
    }
}
