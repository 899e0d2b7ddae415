package dev.broadcaster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Publisher;
import dev.broadcaster.testing.Swarm;
import dev.broadcaster.testing.SwarmClient;
import dev.broadcaster.testing.Tokens;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** P9: a stopping node loses no client and no message. */
class DrainIT {
    private static final String READY = "/broadcaster/ready";

    @Test
    void sigterm_closesEveryConnectionWith1001_spreadOverTheDrainTime() throws Exception {
        int count = 5_000;
        int drainSeconds = 10;
        try (NodeProcess node = NodeProcess.start(Map.of("DRAIN_TIMEOUT", drainSeconds + "s"));
                Swarm swarm = new Swarm(node.port())) {
            List<SwarmClient> clients = subscribed(swarm, count);
            try (Publisher publisher = new Publisher(node.port())) {
                assertThat(publisher.publish("drain-1", 1, 10)).isEqualTo(1);
                assertThat(node.get(READY).status()).isEqualTo(200);
                assertThat(clients).noneMatch(client -> client.ended().isDone());

                long signalled = System.nanoTime();
                node.signal("TERM");
                await().atMost(Duration.ofSeconds(2))
                        .untilAsserted(
                                () -> assertThat(node.get(READY).status()).isEqualTo(503));
                assertThat(swarm.open().opened())
                        .failsWithin(Duration.ofSeconds(2))
                        .withThrowableOfType(ExecutionException.class)
                        .withMessageContaining("503");
                NodeProcess.Answer refused = node.publish("drain-1", "e", "1");
                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.body()).contains("\"not published");
                publisher.send(Publisher.request("drain-1", "1")); // on the connection that was open before
                assertThat(publisher.status()).isEqualTo(503);

                assertSpread(clients, signalled, drainSeconds);
            }
            assertThat(node.awaitExit(Duration.ofSeconds(10))).isZero();
        }
    }

    private static void assertSpread(List<SwarmClient> clients, long signalled, int drainSeconds) throws Exception {
        int[] fifths = new int[5];
        for (SwarmClient client : clients) {
            SwarmClient.Ending ending = client.ended().get(drainSeconds + 20, TimeUnit.SECONDS);
            assertThat(ending.code()).isEqualTo(1001);
            assertThat(ending.reason()).isEqualTo("node is draining");
            double seconds = (ending.nanos() - signalled) / 1e9;
            assertThat(seconds).isBetween(0.0, drainSeconds + 5.0);
            fifths[(int) Math.min(4, seconds * 5 / drainSeconds)]++;
        }
        assertThat(fifths)
                .as("closes in each fifth of the drain time: %s", Arrays.toString(fifths))
                .satisfies(all -> assertThat(Arrays.stream(all).min().getAsInt())
                        .isGreaterThanOrEqualTo(clients.size() * 8 / 100));
    }

    @Test
    void secondSigterm_stopsAtOnce() throws Exception {
        try (NodeProcess node = NodeProcess.start(Map.of("DRAIN_TIMEOUT", "60s"));
                Swarm swarm = new Swarm(node.port())) {
            List<SwarmClient> clients = subscribed(swarm, 100);
            node.signal("TERM");
            await().atMost(Duration.ofSeconds(5))
                    .untilAsserted(() -> assertThat(node.get(READY).status()).isEqualTo(503));

            node.signal("TERM");

            assertThat(node.awaitExit(Duration.ofSeconds(2))).isZero();
            for (SwarmClient client : clients) {
                assertThat(client.socketEnded()).succeedsWithin(Duration.ofSeconds(5));
                assertThat(client.ended().get(5, TimeUnit.SECONDS).code()).isEqualTo(1001);
            }
        }
    }

    @Test
    void sigterm_answersPublishesInFlight() throws Exception {
        try (NodeProcess node = NodeProcess.start(Map.of("DRAIN_TIMEOUT", "5s"));
                Publisher halfSent = new Publisher(node.port())) {
            byte[] request = Publisher.request("drain", "\"" + "x".repeat(1_000) + "\"");
            halfSent.send(Arrays.copyOf(request, request.length - 500));
            awaitTaken(node);

            node.signal("TERM"); // without any client, so that nothing else keeps the node
            TimeUnit.SECONDS.sleep(1); // the rest is late: there is nothing to wait for
            halfSent.send(Arrays.copyOfRange(request, request.length - 500, request.length));

            assertThat(halfSent.status()).isEqualTo(200);
            assertThat(node.awaitExit(Duration.ofSeconds(10))).isZero();
        }
    }

    @Test
    void sigterm_answersAPublisher_untilItHasStopped() throws Exception {
        try (NodeProcess node = NodeProcess.start(Map.of("DRAIN_TIMEOUT", "20s"));
                Publisher publisher = new Publisher(node.port())) {
            assertThat(publisher.publish("drain", 1, 10)).isEqualTo(1);

            node.signal("TERM"); // without any client, so that nothing else keeps the node
            // A load balancer has not noticed yet that the node is not ready, and continues.
            for (int i = 0; i < 10; i++) {
                TimeUnit.MILLISECONDS.sleep(200);
                NodeProcess.Answer answer = node.publish("drain", "e", "1");
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.body()).contains("\"not published");
            }

            assertThat(node.awaitExit(Duration.ofSeconds(5)))
                    .as("long before DRAIN_TIMEOUT")
                    .isZero();
        }
    }

    @Test
    void sigterm_refusesABusyPublisher_afterTheAcceptedPublishes() throws Exception {
        try (NodeProcess node = NodeProcess.start(Map.of("DRAIN_TIMEOUT", "3s"));
                Swarm swarm = new Swarm(node.port());
                Publisher publisher = new Publisher(node.port())) {
            SwarmClient subscriber =
                    swarm.open().subscribe(Tokens.valid(), "busy").get(20, TimeUnit.SECONDS);
            int accepted = 0;
            boolean signalled = false;
            int status = 200;
            while (status == 200) {
                publisher.send(Publisher.request("busy", "1"));
                status = publisher.status();
                accepted += status == 200 ? 1 : 0;
                if (accepted == 500 && !signalled) {
                    signalled = true;
                    node.signal("TERM");
                }
            }

            assertThat(status).isEqualTo(503);
            assertThat(subscriber.ended().get(20, TimeUnit.SECONDS).code()).isEqualTo(1001);
            // This connection does not get messages that were accepted after its subscriber was told to leave.
            assertThat(subscriber.received()).isBetween(500L, (long) accepted);
            assertThat(subscriber.holes()).isZero();
            assertThat(node.awaitExit(Duration.ofSeconds(10))).isZero();
        }
    }

    /** Waits until the node has read everything that was sent: it answers on another connection of each I/O thread. */
    private static void awaitTaken(NodeProcess node) throws IOException {
        for (int i = 0; i < 8; i++) {
            try (Publisher other = new Publisher(node.port())) {
                other.send("GET /broadcaster/health HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(other.status()).isEqualTo(200);
            }
        }
    }

    /** A hundred at a time, so that no client waits for the others until it is too late to authenticate. */
    private static List<SwarmClient> subscribed(Swarm swarm, int count) throws Exception {
        String token = Tokens.valid();
        List<SwarmClient> clients = new ArrayList<>();
        while (clients.size() < count) {
            List<CompletableFuture<SwarmClient>> some = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                some.add(swarm.open().subscribe(token, "drain-" + i));
            }
            for (CompletableFuture<SwarmClient> client : some) {
                clients.add(client.get(60, TimeUnit.SECONDS));
            }
        }
        return clients;
    }
}
