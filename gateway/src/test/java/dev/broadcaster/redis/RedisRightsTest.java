package dev.broadcaster.redis;

import dev.broadcaster.fleet.RedisServer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract, over one Redis. */
@Tag("redis")
final class RedisRightsTest extends RedisRightsContract {
    private RedisServer server;

    @BeforeAll
    void startRedis() {
        server = RedisServer.start();
    }

    @AfterAll
    void stopRedis() {
        server.close();
    }

    @Override
    boolean isCluster() {
        return false;
    }

    @Override
    String url() {
        return server.url();
    }

    @Override
    List<RedisServer> servers() {
        return List.of(server);
    }
}
