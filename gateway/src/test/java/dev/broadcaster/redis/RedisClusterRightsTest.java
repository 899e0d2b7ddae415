package dev.broadcaster.redis;

import dev.broadcaster.fleet.RedisCluster;
import dev.broadcaster.fleet.RedisServer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract, over a cluster of three masters. */
@Tag("redis")
final class RedisClusterRightsTest extends RedisRightsContract {
    private RedisCluster cluster;

    @BeforeAll
    void startRedis() {
        cluster = RedisCluster.start();
    }

    @AfterAll
    void stopRedis() {
        cluster.close();
    }

    @Override
    boolean isCluster() {
        return true;
    }

    @Override
    String url() {
        return cluster.url();
    }

    @Override
    List<RedisServer> servers() {
        return cluster.servers();
    }
}
