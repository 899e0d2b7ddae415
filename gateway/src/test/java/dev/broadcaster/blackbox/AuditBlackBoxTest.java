package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Handshake;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The audit log: {@code AUDIT_LOG} of docs/settings.md. */
@Tag("black-box")
final class AuditBlackBoxTest {
    private static final String CLIENT = "X-Forwarded-For: 203.0.113.7";
    private static final String MESSAGE = WsClient.publishParams("audit", "e", "1");

    private static List<String> lines(String level) {
        try (TestGateway node = TestGateway.start(
                "AUDIT_LOG",
                level,
                "TRUSTED_PROXIES",
                "127.0.0.1",
                "ALLOWED_ORIGINS",
                "https://app.example",
                "API_KEYS",
                "audit-key-one,audit-key-two=read")) {
            handshake(node, "");
            handshake(node, "Origin: https://evil.example\r\n");
            handshake(node, "Sec-WebSocket-Version: 8\r\n");
            publish(node, "audit-key-one");
            publish(node, "audit-key-two");
            publish(node, "audit-key-three");
            HttpRaw.exchange(
                    node.port(),
                    HttpRaw.request(
                            "GET", "/broadcaster/users/ann%0Aeve?token=secret-in-query", "", "X-None: 1", CLIENT));
            return node.log().take();
        }
    }

    private static void handshake(TestGateway node, String headers) {
        HttpRaw http = node.http();
        http.send(Handshake.request(headers + CLIENT + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        http.socket().close();
    }

    private static void publish(TestGateway node, String key) {
        HttpRaw.exchange(
                node.port(),
                HttpRaw.request(
                        "POST",
                        "/broadcaster/publish",
                        MESSAGE,
                        "Authorization: Bearer " + key,
                        "X-Forwarded-For: 198.51.100.9, 203.0.113.7"));
    }

    @Test
    void refusals_areWrittenWithTheAddressOfTheClient() {
        assertThat(lines("refused"))
                .map(line -> line.substring(line.indexOf("audit: ")))
                .containsExactly(
                        "audit: handshake from 203.0.113.7 refused, 403: Origin: not allowed",
                        "audit: handshake from 203.0.113.7 refused, 400: Sec-WebSocket-Version: missing or not"
                                + " supported (expected: 13)",
                        "audit: POST /broadcaster/publish from 203.0.113.7 with API key 1 refused, 403: the API key has"
                                + " no scope publish",
                        "audit: POST /broadcaster/publish from 203.0.113.7 refused, 401: unknown API key",
                        "audit: GET /broadcaster/users/ann%0Aeve from 203.0.113.7 refused, 401: no API key");
    }

    @Test
    void acceptedClients_areWritten_whenAllIsSet_andKeysNever() {
        List<String> lines = lines("all");

        assertThat(lines).hasSize(7);
        assertThat(lines.get(0)).endsWith("audit: handshake from 203.0.113.7 accepted");
        assertThat(lines.get(3)).endsWith("audit: POST /broadcaster/publish from 203.0.113.7 with API key 0 accepted");
        assertThat(String.join("\n", lines)).doesNotContain("audit-key", "secret-in-query");
    }

    @Test
    void nothing_isWritten_whenOff() {
        assertThat(lines("off")).isEmpty();
    }
}
