package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Tokens;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The log of a real node contains no password, secret, token, key or payload, at any {@code LOG_LEVEL}. */
class LogSecretsIT {
    private static final String PASSWORD = "password-of-redis-in-the-log-tests";
    private static final String WRONG_KEY = "wrong-key-of-the-log-tests";
    private static final String PAYLOAD = "payload-of-the-log-tests";
    private static final String EVENT = "event-of-the-log-tests";
    private static final String IDEMPOTENCY_KEY = "idempotency-key-of-the-log-tests";
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @ParameterizedTest
    @ValueSource(strings = {"trace", "debug", "info"})
    void log_containsNoSecret_atAnyLevel(String level) throws Exception {
        String token = Tokens.valid();
        String badToken = token.substring(0, token.length() - 8) + "AAAAAAAA";
        try (RedisServer redis = RedisServer.start("requirepass " + PASSWORD);
                NodeProcess node = start(redis, level)) {
            await().atMost(LIMIT).until(() -> node.get("/broadcaster/ready").status() == 200);

            try (BlockingClient client = new BlockingClient(new Socket("127.0.0.1", node.port()))) {
                client.subscribe(token, "logged");
                client.send("{\"id\":3,\"method\":\"publish\",\"params\":{\"channel\":\"logged\"," + "\"event\":\""
                        + EVENT + "\",\"payload\":\"" + PAYLOAD + "\"}}");
                assertThat(client.read().text()).contains("createTime");
                assertThat(client.read().text()).contains(PAYLOAD);
                assertThat(publish(node, NodeProcess.API_KEY)).isEqualTo(200);
                assertThat(client.read().text()).contains(PAYLOAD);
                client.send(PAYLOAD); // malformed: closes the connection
                assertThat(client.read().closeCode()).isEqualTo(4400);
            }
            assertThat(publish(node, WRONG_KEY)).isEqualTo(401);
            try (BlockingClient client = new BlockingClient(new Socket("127.0.0.1", node.port()))) {
                client.send("{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + badToken + "\"}}");
                assertThat(client.read().text()).contains("Unauthenticated");
            }
            node.signal("TERM");
            assertThat(node.awaitExit(LIMIT)).isZero();

            List<String> secrets = List.of(
                    PASSWORD,
                    Tokens.SECRET,
                    NodeProcess.API_KEY,
                    WRONG_KEY,
                    token,
                    badToken,
                    PAYLOAD,
                    EVENT,
                    IDEMPOTENCY_KEY);
            assertThat(found(node.log(), secrets)).isEmpty();
            assertThat(node.log()).contains("Stopped"); // and it is the log
        }
    }

    /** Redis repeats the arguments of an unknown command. */
    @Test
    void redisThatDoesNotKnowAuth_doesNotRevealItsPassword() throws Exception {
        List<String> options =
                List.of("requirepass " + PASSWORD, "rename-command HELLO \"\"", "rename-command AUTH XAUTH");
        try (RedisServer redis = RedisServer.startWithoutWaiting(false, RedisServer.freePort(), options);
                NodeProcess node = start(redis, "trace")) {
            await().atMost(LIMIT).until(() -> node.log().contains("unknown command"));

            NodeProcess.Answer ready = node.get("/broadcaster/ready");
            assertThat(ready.status()).isEqualTo(503);
            assertThat(ready.body()).doesNotContain(PASSWORD);
            // The reason changes while the node connects again.
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(managementReady(node))
                            .doesNotContain(PASSWORD)
                            .contains("unknown command"));
            assertThat(found(node.log(), List.of(PASSWORD))).isEmpty();
        }
    }

    private static NodeProcess start(RedisServer redis, String level) {
        String url = "redis://:" + PASSWORD + "@127.0.0.1:" + redis.port();
        return NodeProcess.start(
                Map.of("REDIS_URL", url, "LOG_LEVEL", level, "HISTORY", "logged=10/1m", "DRAIN_TIMEOUT", "0s"),
                GatewayNode.jvmOptions());
    }

    /** The lines that contain one of the secrets, shortened. */
    private static List<String> found(String log, List<String> secrets) {
        List<String> lines = new ArrayList<>();
        for (String line : log.lines().toList()) {
            for (String secret : secrets) {
                if (line.contains(secret)) {
                    lines.add(secret + " in: " + line.substring(0, Math.min(200, line.length())));
                }
            }
        }
        return lines;
    }

    private static String managementReady(NodeProcess node) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create("http://127.0.0.1:" + node.managementPort() + "/ready")
                        .toURL()
                        .openConnection();
        assertThat(connection.getResponseCode()).isEqualTo(503);
        return new String(connection.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static int publish(NodeProcess node, String key) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create("http://127.0.0.1:" + node.port() + "/broadcaster/publish")
                        .toURL()
                        .openConnection();
        connection.setDoOutput(true);
        connection.setRequestProperty("Authorization", "Bearer " + key);
        connection.setRequestProperty("Idempotency-Key", IDEMPOTENCY_KEY);
        String body = "{\"channel\":\"logged\",\"event\":\"" + EVENT + "\",\"payload\":\"" + PAYLOAD + "\"}";
        connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        return connection.getResponseCode();
    }
}
