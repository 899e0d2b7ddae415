package dev.broadcaster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Publisher;
import dev.broadcaster.testing.Swarm;
import dev.broadcaster.testing.SwarmClient;
import dev.broadcaster.testing.Tokens;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** With too few resources a node stays alive or ends; it never continues in a broken state. */
class FewResourcesIT {
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void withFewDescriptorsAndNoLimitOfConnections_theNodeServesAgain_whenClientsHaveLeft() throws Exception {
        try (NodeProcess node = NodeProcess.startWithDescriptors(120, Map.of("MAX_CONNECTIONS", "0"));
                Swarm swarm = new Swarm(node.port())) {
            List<SwarmClient> clients = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                clients.add(swarm.open());
            }
            await().atMost(Duration.ofSeconds(20)).until(() -> open(clients) > 20 && node.descriptors() >= 119);
            TimeUnit.SECONDS.sleep(5); // it tries again now and then
            assertThat(node.isAlive()).isTrue();
            assertThat(open(clients)).isLessThan(120);

            clients.forEach(client -> client.vanish(false));
            await().atMost(Duration.ofSeconds(30)).until(() -> serves(node));
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() ->
                            assertThat(node.metric("broadcaster_connections")).isZero());
            assertThat(node.log().lines().count()).as("lines of log").isLessThan(500);
        }
    }

    private static long open(List<SwarmClient> clients) {
        return clients.stream().filter(client -> client.opened().isDone()).count();
    }

    @Test
    void withASmallHeap_theNodeServesAgainOrEnds_afterTheLoad() throws Exception {
        try (NodeProcess node = NodeProcess.start(Map.of(), "-Xmx96m");
                Swarm swarm = new Swarm(node.port())) {
            List<Socket> halfSent = new ArrayList<>();
            try {
                load(node, swarm, halfSent);
            } catch (IOException e) {
                // the node may refuse it, too
            }
            for (Socket socket : halfSent) {
                socket.close();
            }
            swarm.close();
            await().atMost(Duration.ofSeconds(40)).until(() -> !node.isAlive() || serves(node));
            if (!node.isAlive()) {
                assertThat(node.awaitExit(Duration.ofSeconds(1))).isEqualTo(1);
                assertThat(node.log()).contains("a thread has died, stopping");
            }
        }
    }

    /** Endless bodies, clients that never read, and large messages for them. */
    private static void load(NodeProcess node, Swarm swarm, List<Socket> halfSent) throws Exception {
        String token = Tokens.valid();
        for (int i = 0; i < 100; i++) {
            SwarmClient client = swarm.open(new SwarmClient.Habits(true, true, 16 * 1024));
            client.subscribe(token, "load").get(30, TimeUnit.SECONDS).pause();
        }
        String head = "POST /broadcaster/publish HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + NodeProcess.API_KEY
                + "\r\nContent-Length: 1000000\r\n\r\n";
        byte[] most = (head + " ".repeat(999_999)).getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < 150 && node.isAlive(); i++) {
            Socket socket = new Socket("127.0.0.1", node.port());
            halfSent.add(socket);
            socket.setSoTimeout(1_000);
            OutputStream out = socket.getOutputStream();
            Thread writer = new Thread(() -> {
                try {
                    out.write(most);
                } catch (IOException e) {
                    // refused
                }
            });
            writer.setDaemon(true);
            writer.start();
        }
        try (Publisher publisher = new Publisher(node.port())) {
            for (int i = 0; i < 300; i++) {
                publisher.publish("load", 1, 60_000);
            }
        }
    }

    /** True if a new client gets every message. */
    private static boolean serves(NodeProcess node) {
        try (Swarm swarm = new Swarm(node.port());
                Publisher publisher = new Publisher(node.port())) {
            SwarmClient client = swarm.open()
                    .subscribe(Tokens.valid(), "fresh")
                    .orTimeout(5, TimeUnit.SECONDS)
                    .join();
            assertThat(publisher.publish("fresh", 200, 100)).isEqualTo(200);
            await().atMost(Duration.ofSeconds(5))
                    .untilAsserted(() -> assertThat(client.received()).isEqualTo(200));
            return client.holes() == 0;
        } catch (IOException | CompletionException | AssertionError | ConditionTimeoutException e) {
            return false; // not yet
        }
    }
}
