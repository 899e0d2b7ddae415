package dev.broadcaster.redis;

import dev.broadcaster.fleet.RedisServer;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.relay.RelayContract;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** The contract, over one Redis. */
final class RedisRelayTest extends RelayContract {
    private static RedisServer server;

    private final RelayOfRedis relays = new RelayOfRedis("test-" + UUID.randomUUID());

    @BeforeAll
    static void startRedis() {
        server = RedisServer.start();
    }

    @AfterAll
    static void stopRedis() {
        server.close();
    }

    @AfterEach
    void stopWheel() {
        relays.close();
    }

    @Override
    protected Relay newRelay() {
        return relays.at(server.url());
    }

    @Override
    protected void letKeysAge(Duration age) {
        relays.letKeysAge(List.of(server), age);
    }
}
