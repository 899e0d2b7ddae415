package dev.broadcaster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.auth.TokenMinter;
import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Publisher;
import dev.broadcaster.testing.Swarm;
import dev.broadcaster.testing.SwarmClient;
import dev.broadcaster.time.Time;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Secrets and keys change under load: no client is disconnected, nothing is lost, nothing valid is refused. */
class SecretRotationIT {
    private static final String OLD_SECRET = "the-old-secret-of-more-than-32-bytes";
    private static final String NEW_SECRET = "the-new-secret-of-more-than-32-bytes";
    private static final String NEW_KEY = "the-new-key";
    private static final int CLIENTS = 500;
    private static final int BATCH = 20;
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @TempDir
    private Path directory;

    @Test
    void rotation_dropsNoConnection_andOldSecretsCountUntilTheyAreRemoved() throws Exception {
        write("jwt", OLD_SECRET);
        write("keys", NodeProcess.API_KEY);
        Map<String, String> settings = Map.of(
                "JWT_SECRET",
                "",
                "JWT_SECRET_FILE",
                directory.resolve("jwt").toString(),
                "API_KEYS",
                "",
                "API_KEYS_FILE",
                directory.resolve("keys").toString());
        try (NodeProcess node = NodeProcess.start(settings);
                Swarm swarm = new Swarm(node.port());
                Load load = new Load(node.port())) {
            List<SwarmClient> clients = subscribed(swarm);
            load.start();
            assertThat(accepts(node, token(NEW_SECRET))).isFalse();
            assertThat(status(node, NEW_KEY)).isEqualTo(401);

            write("jwt", NEW_SECRET + "\n" + OLD_SECRET);
            write("keys", NodeProcess.API_KEY + "\n" + hashed(NEW_KEY));
            await().atMost(LIMIT).until(() -> accepts(node, token(NEW_SECRET)) && status(node, NEW_KEY) == 200);
            assertThat(accepts(node, token(OLD_SECRET))).isTrue();
            assertThat(status(node, NodeProcess.API_KEY)).isEqualTo(200);

            write("jwt", NEW_SECRET);
            await().atMost(LIMIT).until(() -> !accepts(node, token(OLD_SECRET)));
            assertThat(accepts(node, token(NEW_SECRET))).isTrue();
            assertThat(refresh(clients.get(0), token(OLD_SECRET))).contains("Unauthenticated");
            assertThat(refresh(clients.get(0), token(NEW_SECRET))).contains("\"success\":true");

            write("jwt", "too short");
            await().atMost(LIMIT).until(() -> node.metric("broadcaster_secrets_stale", "jwt_secret") == 1);
            assertThat(accepts(node, token(NEW_SECRET))).isTrue();

            await().atMost(LIMIT).until(() -> load.accepted.get() > 1_000);
            int accepted = load.stop();
            await().atMost(LIMIT).until(() -> clients.stream().allMatch(client -> client.received() == accepted));
            assertThat(clients)
                    .allMatch(client -> client.holes() == 0)
                    .noneMatch(client -> client.ended().isDone());
            System.out.printf("rotation: %d clients, %d publishes, 0 ended, 0 holes%n", CLIENTS, accepted);

            write("keys", hashed(NEW_KEY));
            await().atMost(LIMIT).until(() -> status(node, NodeProcess.API_KEY) == 401);
            assertThat(status(node, NEW_KEY)).isEqualTo(200);
            assertThat(node.log()).doesNotContain(OLD_SECRET, NEW_SECRET, NEW_KEY, "too short");
        }
    }

    private static List<SwarmClient> subscribed(Swarm swarm) throws Exception {
        List<SwarmClient> clients = new ArrayList<>();
        List<CompletableFuture<SwarmClient>> subscribed = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            SwarmClient client = swarm.open();
            clients.add(client);
            subscribed.add(client.subscribe(token(OLD_SECRET), "rotation"));
        }
        CompletableFuture.allOf(subscribed.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
        return clients;
    }

    /** Replaces the file atomically by another one, like mounted secrets. */
    private void write(String name, String content) throws IOException {
        Path next = Files.writeString(directory.resolve("next"), content);
        Files.move(next, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static String token(String secret) {
        return new TokenMinter(secret, Time.SYSTEM)
                .mint("tester", List.of("*"), List.of("subscribe"), Duration.ofHours(1));
    }

    private static String hashed(String key) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        return "sha256:" + HexFormat.of().formatHex(digest);
    }

    private static boolean accepts(NodeProcess node, String token) {
        try (Socket socket = new Socket("127.0.0.1", node.port());
                BlockingClient client = new BlockingClient(socket)) {
            client.send("{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + token + "\"}}");
            return client.read().text().contains("\"success\":true");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String refresh(SwarmClient client, String token) throws Exception {
        return client.request("{\"id\":9,\"method\":\"refresh\",\"params\":{\"token\":\"" + token + "\"}}")
                .get(10, TimeUnit.SECONDS);
    }

    /** The response of the node to a publish with this key, to a channel without subscribers. */
    private static int status(NodeProcess node, String key) {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create("http://127.0.0.1:" + node.port() + "/broadcaster/publish")
                            .toURL()
                            .openConnection();
            connection.setDoOutput(true);
            connection.setRequestProperty("Authorization", "Bearer " + key);
            connection
                    .getOutputStream()
                    .write("{\"channel\":\"nobody\",\"event\":\"e\",\"payload\":1}".getBytes(StandardCharsets.UTF_8));
            return connection.getResponseCode();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Publishes all the time, with a key that is always valid. */
    private static final class Load implements AutoCloseable {
        private final Publisher publisher;
        private final AtomicBoolean stopped = new AtomicBoolean();
        private final AtomicInteger sent = new AtomicInteger();
        private final AtomicInteger accepted = new AtomicInteger();
        private final CompletableFuture<Void> ended = new CompletableFuture<>();
        private final Thread thread = new Thread(this::run, "load");

        Load(int port) throws IOException {
            publisher = new Publisher(port);
            thread.setDaemon(true);
        }

        void start() {
            thread.start();
        }

        private void run() {
            try {
                while (!stopped.get()) {
                    sent.addAndGet(BATCH);
                    accepted.addAndGet(publisher.publish("rotation", BATCH, 100));
                    LockSupport.parkNanos(50_000_000);
                }
                ended.complete(null);
            } catch (IOException | RuntimeException e) {
                ended.completeExceptionally(e);
            }
        }

        /** The number of accepted publishes, which is all of them. */
        int stop() throws Exception {
            stopped.set(true);
            ended.get(20, TimeUnit.SECONDS);
            assertThat(accepted.get()).isEqualTo(sent.get());
            return accepted.get();
        }

        @Override
        public void close() throws IOException {
            stopped.set(true);
            publisher.close();
        }
    }
}
