package dev.broadcaster.redis;

import dev.broadcaster.auth.Revocations;
import dev.broadcaster.control.Fleet;
import dev.broadcaster.control.FleetContract;
import dev.broadcaster.fleet.RedisServer;
import dev.broadcaster.message.Message;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.RelayListener;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract, over one Redis. */
@Tag("redis")
final class RedisFleetTest extends FleetContract {
    private static RedisServer server;

    private final RelayOfRedis relays = new RelayOfRedis("test-" + UUID.randomUUID(), HistoryConfig.NONE);
    private @Nullable RedisRelay relay;

    @BeforeAll
    static void startRedis() {
        server = RedisServer.start();
    }

    @AfterAll
    static void stopRedis() {
        server.close();
    }

    @Override
    protected Fleet newFleet(Revocations known) {
        RedisRelay made = (RedisRelay) relays.at(server.url());
        relay = made;
        Fleet fleet = relays.fleet(made, known);
        made.start(fleet.listening(new RelayListener() {
            @Override
            public void onMessage(Message message) {}

            @Override
            public void onLoss(String channel, long count) {}
        }));
        return fleet;
    }

    @Override
    protected void end() {
        if (relay != null) {
            relay.close();
        }
        relays.close();
    }
}
