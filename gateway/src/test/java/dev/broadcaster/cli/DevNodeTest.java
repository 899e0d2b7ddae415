package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.Gateway;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The secrets of a development node are public: only web pages of this machine may use them. */
@Tag("black-box")
final class DevNodeTest {
    private static final String KEY = "Authorization: Bearer " + DevMode.API_KEY + "\r\n";
    private static final String UPGRADE =
            "GET /broadcaster/websocket HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    private static final String BODY = "{\"channel\":\"demo\",\"event\":\"e\",\"payload\":1}";
    private static final String PUBLISH =
            "POST /broadcaster/publish HTTP/1.1\r\nContent-Length: " + BODY.length() + "\r\n" + KEY;

    private static Gateway node;

    @BeforeAll
    static void start() throws Exception {
        node = startDev(Map.of());
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    private static Gateway startDev(Map<String, String> settings) throws Exception {
        Map<String, String> all = new HashMap<>(Map.of("PORT", "0", "MANAGEMENT_PORT", "0", "IO_THREADS", "1"));
        all.putAll(settings);
        assertThat(DevMode.problems(all)).isEmpty();
        return Gateway.start(DevMode.parse(DevMode.complete(all)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://evil.example", "null", "https://localhost.evil.example", "chrome-extension://abc"})
    void foreignPage_isRefused_whateverItAsksFor(String origin) throws Exception {
        String from = "Host: 127.0.0.1\r\nOrigin: " + origin + "\r\n";

        assertThat(exchange(node, UPGRADE + from + "\r\n")).startsWith("HTTP/1.1 403");
        assertThat(exchange(node, PUBLISH + from + "\r\n" + BODY)).startsWith("HTTP/1.1 403");
        for (String request : new String[] {
            "OPTIONS /broadcaster/publish",
            "GET /broadcaster/channels/demo/history",
            "GET /broadcaster/console/",
            "GET /broadcaster/openapi.json",
            "GET /broadcaster/ready"
        }) {
            assertThat(exchange(node, request + " HTTP/1.1\r\n" + KEY + from + "\r\n"))
                    .startsWith("HTTP/1.1 403")
                    .doesNotContainIgnoringCase("Access-Control-Allow-Origin");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"http://localhost:3000", "http://127.0.0.1:8000", "https://[::1]", "http://app.localhost:5173"})
    void pageOfThisMachine_isServed(String origin) throws Exception {
        String from = "Host: localhost\r\nOrigin: " + origin + "\r\n";

        assertThat(exchange(node, UPGRADE + from + "\r\n")).startsWith("HTTP/1.1 101");
        assertThat(exchange(node, PUBLISH + from + "\r\n" + BODY))
                .startsWith("HTTP/1.1 200")
                .contains("Access-Control-Allow-Origin: " + origin);
        assertThat(exchange(node, "OPTIONS /broadcaster/publish HTTP/1.1\r\n" + from + "\r\n"))
                .startsWith("HTTP/1.1 204")
                .contains("Access-Control-Allow-Origin: " + origin);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/broadcaster", "/broadcaster/"})
    void root_leadsToTheConsole(String path) throws Exception {
        assertThat(exchange(node, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                .startsWith("HTTP/1.1 302")
                .contains("Location: /broadcaster/console/\r\n");
        String chunks = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
        assertThat(exchange(node, chunks)).startsWith("HTTP/1.1 302");
    }

    @Test
    void printedWord_isOneOfAShell() {
        assertThat(DevMode.quoted("/opt/broadcaster-1.jar")).isEqualTo("/opt/broadcaster-1.jar");
        assertThat(DevMode.quoted("/a b/it's.jar")).isEqualTo("'/a b/it'\\''s.jar'");
    }

    @Test
    void clientThatIsNotABrowser_isServed() throws Exception {
        assertThat(exchange(node, UPGRADE + "Host: 127.0.0.1\r\n\r\n")).startsWith("HTTP/1.1 101");
        assertThat(exchange(node, PUBLISH + "Host: 127.0.0.1\r\n\r\n" + BODY)).startsWith("HTTP/1.1 200");
    }

    /** A page whose name points to this machine sends no Origin with a GET. */
    @Test
    void foreignHost_isRefused() throws Exception {
        String get = "GET /broadcaster/channels/demo/history HTTP/1.1\r\nHost: evil.example:8000\r\n" + KEY + "\r\n";

        assertThat(exchange(node, get)).startsWith("HTTP/1.1 421");
        assertThat(exchange(node, UPGRADE + "Host: evil.example\r\n\r\n")).startsWith("HTTP/1.1 421");
    }

    @Test
    void allowedOrigins_replaceOriginsOfThisMachine_whenSet() throws Exception {
        try (Gateway other = startDev(Map.of("ALLOWED_ORIGINS", "https://app.example"))) {
            assertThat(exchange(other, UPGRADE + "Host: 127.0.0.1\r\nOrigin: https://app.example\r\n\r\n"))
                    .startsWith("HTTP/1.1 101");
            assertThat(exchange(other, UPGRADE + "Host: app.example\r\nOrigin: https://app.example\r\n\r\n"))
                    .startsWith("HTTP/1.1 101");
            assertThat(exchange(other, UPGRADE + "Host: 127.0.0.1\r\nOrigin: http://localhost\r\n\r\n"))
                    .startsWith("HTTP/1.1 403");
        }
        try (Gateway any = startDev(Map.of("ALLOWED_ORIGINS", "*"))) {
            assertThat(exchange(any, UPGRADE + "Host: evil.example\r\nOrigin: https://evil.example\r\n\r\n"))
                    .startsWith("HTTP/1.1 101");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "redis://redis.example:6379, redis.example",
        "rediss://:secret@10.0.0.1/0, 10.0.0.1",
        "'redis-sentinel://127.0.0.1,sentinel.example/main', sentinel.example",
        "'redis-cluster://127.0.0.1:7000,127.0.0.1:7001,other.example:7002', other.example"
    })
    void redisOfAnotherMachine_isRefused_unlessItIsAllowed(String url, String named) {
        assertThat(DevMode.problems(Map.of("REDIS_URL", url)))
                .singleElement()
                .asString()
                .contains("REDIS_URL: ", named, "--allow-remote-redis")
                .doesNotContain("secret@");
        assertThat(DevMode.problems(Map.of("REDIS_URL", url, "ALLOW_REMOTE_REDIS", "true")))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://127.0.0.1:6379",
                "redis://localhost",
                "redis-cluster://localhost:7000,[::1]:7001",
                "not a url",
                ""
            })
    void redisOfThisMachine_isAllowed(String url) {
        assertThat(DevMode.problems(Map.of("REDIS_URL", url))).isEmpty();
    }

    private static String exchange(Gateway node, String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", node.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int c = socket.getInputStream().read();
                if (c < 0) {
                    break;
                }
                head.append((char) c);
            }
            return head.toString();
        }
    }
}
