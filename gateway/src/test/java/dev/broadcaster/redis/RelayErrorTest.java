package dev.broadcaster.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.fleet.RedisServer;
import dev.broadcaster.message.Message;
import dev.broadcaster.message.Publication;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.testing.CaughtErrors;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * An {@code Error} in any call of Netty or Lettuce to the relay is fatal: they would log it, or not even that, and
 * continue.
 */
@Tag("redis")
final class RelayErrorTest {
    private static final HistoryConfig HISTORY =
            new HistoryConfig(List.of(new HistoryConfig.Rule("kept:", 5, Duration.ofMinutes(10))));
    private static final byte[] EVENT = "\"e\"".getBytes(UTF_8);

    private static RedisServer server;

    private final Error error = new InternalError("as this test wants it");

    @BeforeAll
    static void startRedis() {
        server = RedisServer.start();
    }

    @AfterAll
    static void stopRedis() {
        server.close();
    }

    private interface Use {
        void of(Relay relay) throws Exception;
    }

    /** Asserts that an error is caught when a relay is used whose messages all fail. */
    private void assertFatal(Use use) throws Exception {
        try (CaughtErrors caught = CaughtErrors.onAllThreads();
                RelayOfRedis relays = new RelayOfRedis("test-" + UUID.randomUUID(), HISTORY);
                Relay relay = relays.at(server.url())) {
            relay.start(new RelayListener() {
                @Override
                public void onMessage(Message message) {
                    throw error;
                }

                @Override
                public void onLoss(String channel, long count) {}
            });
            await().dontCatchUncaughtExceptions().until(() -> relay.trouble() == null);
            use.of(relay);
            await().dontCatchUncaughtExceptions()
                    .untilAsserted(() -> assertThat(caught.all()).contains(error));
        }
    }

    private void fail() {
        throw error;
    }

    @Test
    void error_isFatal_whenAMessageIsDelivered() throws Exception {
        assertFatal(relay -> {
            CompletableFuture<Void> subscribed = new CompletableFuture<>();
            relay.subscribe("a", callback(() -> subscribed.complete(null)));
            subscribed.get(30, TimeUnit.SECONDS);
            relay.publish(new Publication("a", EVENT, EVENT, null), outcome -> {});
        });
    }

    @Test
    void error_isFatal_whenAPublishIsAnswered() throws Exception {
        assertFatal(relay -> relay.publish(new Publication("a", EVENT, EVENT, null), outcome -> fail()));
    }

    @Test
    void error_isFatal_whenASubscribeIsAnswered() throws Exception {
        assertFatal(relay -> relay.subscribe("a", callback(this::fail)));
    }

    @Test
    void error_isFatal_whenAHistoryIsRead() throws Exception {
        assertFatal(relay -> relay.history("kept:a", null, 10, outcome -> fail()));
    }

    @Test
    void error_isFatal_whenATaskRuns() throws Exception {
        assertFatal(relay -> relay.history("none", null, 10, outcome -> fail()));
    }

    private static SubscribeCallback callback(Runnable onSubscribed) {
        return new SubscribeCallback() {
            @Override
            public void onSubscribed() {
                onSubscribed.run();
            }

            @Override
            public void onFailed(String reason) {
                throw new IllegalStateException(reason);
            }
        };
    }
}
