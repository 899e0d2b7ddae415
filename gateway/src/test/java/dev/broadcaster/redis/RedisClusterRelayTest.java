package dev.broadcaster.redis;

import dev.broadcaster.fleet.RedisCluster;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.relay.RelayContract;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** The contract, over a cluster of three masters. */
final class RedisClusterRelayTest extends RelayContract {
    private static RedisCluster cluster;

    private final RelayOfRedis relays = new RelayOfRedis("test-" + UUID.randomUUID());

    @BeforeAll
    static void startRedis() {
        cluster = RedisCluster.start();
    }

    @AfterAll
    static void stopRedis() {
        cluster.close();
    }

    @AfterEach
    void stopWheel() {
        relays.close();
    }

    @Override
    protected Relay newRelay() {
        return relays.at(cluster.url());
    }

    @Override
    protected void letKeysAge(Duration age) {
        relays.letKeysAge(cluster.masters(), age);
    }
}
