package dev.broadcaster.redis;

import dev.broadcaster.fleet.RedisServer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract, over one Redis. */
@Tag("redis")
final class RedisRelayTest extends RedisRelayContract {
    private static RedisServer server;

    @BeforeAll
    static void startRedis() {
        server = RedisServer.start();
    }

    @AfterAll
    static void stopRedis() {
        server.close();
    }

    @Override
    String url() {
        return server.url();
    }

    @Override
    List<RedisServer> masters() {
        return List.of(server);
    }

    @Override
    RedisServer master(String key) {
        return server;
    }
}
