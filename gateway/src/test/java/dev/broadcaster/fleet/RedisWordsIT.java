package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Tokens;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The address of Redis, the user of the node and the errors of Redis are in the log and on the management port, and
 * reach no client.
 */
class RedisWordsIT {
    private static final String USER = "user-of-the-words";
    private static final String PASSWORD = "password-of-the-words";
    private static final int DATABASE = 3;
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private RedisServer redis;
    private NodeProcess node;

    @BeforeEach
    void start() {
        redis = RedisServer.start();
        grant("on", ">" + PASSWORD, "~*", "&*", "+@all");
        String url = "redis://" + USER + ":" + PASSWORD + "@127.0.0.1:" + redis.port() + "/" + DATABASE;
        node = NodeProcess.start(Map.of("REDIS_URL", url, "HISTORY", "kept:=10/10m"));
        await().atMost(SOON).until(() -> node.managementGet("/ready").status() == 200);
    }

    @AfterEach
    void stop() {
        node.close();
        redis.close();
    }

    private void grant(String... rules) {
        String[] command = new String[3 + rules.length];
        command[0] = "ACL";
        command[1] = "SETUSER";
        command[2] = USER;
        System.arraycopy(rules, 0, command, 3, rules.length);
        redis.command(command);
    }

    @Test
    void isGone() throws Exception {
        assertSaysNothing(redis::kill9, "refused");
    }

    @Test
    void isSilent() throws Exception {
        assertSaysNothing(redis::sigstop, "Redis");
    }

    @Test
    void knowsAnotherPassword() throws Exception {
        assertSaysNothing(
                () -> {
                    grant("resetpass", ">other");
                    redis.command("CLIENT", "KILL", "TYPE", "normal");
                    redis.command("CLIENT", "KILL", "TYPE", "pubsub");
                },
                "WRONGPASS");
    }

    @Test
    void forbidsACommand() throws Exception {
        assertSaysNothing(() -> grant("-set", "-xrange"), "(SET)");
    }

    @Test
    void takesNoWrites() throws Exception {
        assertSaysNothing(
                () -> redis.command("REPLICAOF", "127.0.0.1", Integer.toString(RedisServer.freePort())), "READONLY");
    }

    @Test
    void hasNoMemory() throws Exception {
        assertSaysNothing(() -> redis.command("CONFIG", "SET", "maxmemory", "1"), "OOM");
    }

    private void assertSaysNothing(Runnable fault, String reason) throws Exception {
        try (BlockingClient client = new BlockingClient(new Socket("127.0.0.1", node.port()))) {
            client.subscribe(Tokens.valid(), "here");
            fault.run();
            int i = 0;
            // From the first moment, in which Redis may answer itself, until the node knows.
            do {
                assertFixed(client, i++);
            } while (node.managementGet("/ready").status() == 200);
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(node.managementGet("/ready").body())
                            .contains(reason)
                            .contains(Integer.toString(redis.port()))
                            .doesNotContain(PASSWORD));
            assertFixed(client, i);
            assertThat(node.get("/broadcaster/ready").body())
                    .isEqualTo("{\"ready\":false,\"reason\":\"not ready: relay\"}");
            assertThat(http("POST", "/publish", "{\"channel\":\"a\",\"event\":\"e\",\"payload\":1}"))
                    .contains("\"not published: the relay is away\"");
        }
    }

    /** All requests of a client; a subscribe is answered after 5 s. */
    private void assertFixed(BlockingClient client, int number) throws Exception {
        String publish = "{\"channel\":\"a\",\"event\":\"e\",\"payload\":1}";
        assertClean(http("POST", "/publish", publish));
        assertClean(http("POST", "/publish/batch", "{\"messages\":[" + publish + "]}"));
        assertClean(http("GET", "/channels/kept:a/history", null));
        assertClean(node.get("/broadcaster/ready").body());
        client.send("{\"id\":7,\"method\":\"publish\",\"params\":" + publish + "}");
        assertClean(replyTo(client, 7));
        if (number == 0) {
            client.send("{\"id\":8,\"method\":\"subscribe\",\"params\":{\"channel\":\"new\"}}");
            assertClean(replyTo(client, 8));
        }
    }

    private static String replyTo(BlockingClient client, int id) throws IOException {
        while (true) {
            Frame frame = client.read();
            if (frame.text().startsWith("{\"requestId\":" + id)) {
                return frame.text();
            }
        }
    }

    private void assertClean(String answer) {
        for (String word : List.of(
                "127.0.0.1",
                Integer.toString(redis.port()),
                "/" + DATABASE,
                USER,
                PASSWORD,
                "Redis",
                "redis",
                "NOPERM",
                "WRONGPASS",
                "READONLY",
                "OOM",
                " script",
                "xception")) {
            assertThat(answer).doesNotContain(word);
        }
    }

    private String http(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + node.port() + "/broadcaster" + path))
                .header("Authorization", "Bearer " + NodeProcess.API_KEY)
                .timeout(Duration.ofSeconds(20))
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
                .build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
}
