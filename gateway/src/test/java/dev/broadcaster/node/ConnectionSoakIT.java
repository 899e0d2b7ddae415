package dev.broadcaster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Swarm;
import dev.broadcaster.testing.SwarmClient;
import dev.broadcaster.testing.Tokens;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/** P11: 100,000 connections, most of them misbehaving, leave nothing behind. */
class ConnectionSoakIT {
    private static final int CONNECTIONS = 100_000;
    private static final int WARM_UP = 10_000;
    private static final int AT_A_TIME = 200;
    private static final int CHANNELS = 500;
    private static final byte[] NOT_MASKED = {(byte) 0x81, 1, 'x'};

    private final String token = Tokens.valid();
    private final Semaphore places = new Semaphore(AT_A_TIME);
    private final LongAdder surprises = new LongAdder();

    @Test
    void hundredThousandConnections_leaveNothing_howeverTheyEnd() throws Exception {
        try (NodeProcess node = NodeProcess.start(Map.of(), "-Xmx192m");
                Swarm swarm = new Swarm(node.port())) {
            connect(swarm, 0, WARM_UP);
            awaitNothing(node);
            long heap = node.heapAfterCollection();
            long descriptors = descriptors(node);

            connect(swarm, WARM_UP, CONNECTIONS);
            awaitNothing(node);

            assertThat(surprises.sum()).as("clients that saw another end").isZero();
            assertThat(node.metric("broadcaster_connections_opened_total")).isEqualTo(CONNECTIONS);
            assertThat(node.metric("broadcaster_closes_total")).isEqualTo(CONNECTIONS);
            assertThat(node.heapAfterCollection()).as("heap in bytes").isLessThan(heap + 4_000_000);
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(descriptors(node)).isLessThanOrEqualTo(descriptors + 2));
            assertThat(node.log().lines().count()).as("lines of log").isLessThan(20);
        }
    }

    private static long descriptors(NodeProcess node) {
        return Files.isDirectory(Path.of("/proc/self/fd")) ? node.descriptors() : 0;
    }

    private static void awaitNothing(NodeProcess node) {
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            assertThat(node.metric("broadcaster_connections")).isZero();
            assertThat(node.metric("broadcaster_subscriptions")).isZero();
            assertThat(node.metric("broadcaster_channels")).isZero();
            assertThat(node.metric("broadcaster_queue_bytes")).isZero();
        });
    }

    private void connect(Swarm swarm, int from, int to) throws InterruptedException {
        for (int i = from; i < to; i++) {
            assertThat(places.tryAcquire(60, TimeUnit.SECONDS))
                    .as("connection " + i)
                    .isTrue();
            life(swarm.open(), i).whenComplete((ending, failure) -> {
                if (failure != null) {
                    surprises.increment();
                }
                places.release();
            });
        }
        assertThat(places.tryAcquire(AT_A_TIME, 60, TimeUnit.SECONDS)).isTrue();
        places.release(AT_A_TIME);
    }

    private CompletableFuture<?> life(SwarmClient client, int i) {
        String channel = "soak-" + i % CHANNELS;
        return switch (i % 5) {
            case 0 ->
                client.subscribe(token, channel).thenCompose(x -> {
                    client.sayGoodBye();
                    return endsWith(client, 1000);
                });
            case 1 -> client.subscribe(token, channel).thenCompose(x -> leave(client, true));
            case 2 -> client.subscribe(token, channel).thenCompose(x -> leave(client, false));
            case 3 ->
                client.opened().thenCompose(x -> {
                    client.sendRaw(NOT_MASKED);
                    return endsWith(client, 1002);
                });
            default -> client.opened().thenCompose(x -> leave(client, false));
        };
    }

    private static CompletableFuture<?> leave(SwarmClient client, boolean abruptly) {
        client.vanish(abruptly);
        return client.socketEnded();
    }

    private static CompletableFuture<?> endsWith(SwarmClient client, int code) {
        return client.socketEnded().thenAccept(x -> {
            if (client.ended().join().code() != code) {
                throw new IllegalStateException(client.ended().join().toString());
            }
        });
    }
}
