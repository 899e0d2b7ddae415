package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Handshake;
import dev.broadcaster.testing.Tokens;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The opening handshake: protocol section 1, RFC 6455 section 4. */
@Tag("black-box")
final class HandshakeBlackBoxTest {

    private static final String GOOD = Handshake.request("");

    @RegisterExtension
    static final TestGateway gateway = TestGateway.shared();

    static Stream<Arguments> badHandshakes() {
        return Stream.of(
                arguments("version missing", without("Sec-WebSocket-Version")),
                arguments("version 0", with("Sec-WebSocket-Version", "0")),
                arguments("version 7", with("Sec-WebSocket-Version", "7")),
                arguments("version 8", with("Sec-WebSocket-Version", "8")),
                arguments("version 12", with("Sec-WebSocket-Version", "12")),
                arguments("version 14", with("Sec-WebSocket-Version", "14")),
                arguments("version 130", with("Sec-WebSocket-Version", "130")),
                arguments("version empty", with("Sec-WebSocket-Version", "")),
                arguments("version words", with("Sec-WebSocket-Version", "thirteen")),
                arguments("version 1e1", with("Sec-WebSocket-Version", "1.3e1")),
                arguments("version twice, one wrong", Handshake.request("Sec-WebSocket-Version: 8\r\n")),
                arguments("key missing", without("Sec-WebSocket-Key")),
                arguments("key empty", with("Sec-WebSocket-Key", "")),
                arguments("key of 3 characters", with("Sec-WebSocket-Key", "abc")),
                arguments("key of 15 bytes", with("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAA")),
                arguments("key of 17 bytes", with("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAAA=")),
                arguments("key of 10 kB", with("Sec-WebSocket-Key", "A".repeat(10_000))),
                arguments("key not base64", with("Sec-WebSocket-Key", "!!!!!!!!!!!!!!!!!!!!!!==")),
                arguments("two keys", Handshake.request("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n")),
                arguments("Connection keep-alive", with("Connection", "keep-alive")),
                arguments("Connection close", with("Connection", "close")),
                arguments("Connection missing", without("Connection")),
                arguments("Connection with Upgrade inside a word", with("Connection", "NoUpgrade")),
                arguments("Upgrade missing", without("Upgrade")),
                arguments("Upgrade empty", with("Upgrade", "")),
                arguments("Upgrade h2c", with("Upgrade", "h2c")),
                arguments("Upgrade websockets", with("Upgrade", "websockets")),
                arguments(
                        "no WebSocket header at all",
                        "GET " + TestGateway.BASE + "/websocket HTTP/1.1\r\nHost: a\r\n\r\n"),
                arguments("a body", Handshake.request("Content-Length: 5\r\n") + "hello"),
                arguments(
                        "a chunked body",
                        Handshake.request("Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n0\r\n\r\n"),
                arguments("POST", GOOD.replace("GET ", "POST ").replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n")),
                arguments("PUT", GOOD.replace("GET ", "PUT ").replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n")),
                arguments("OPTIONS", GOOD.replace("GET ", "OPTIONS ")),
                arguments("TRACE", GOOD.replace("GET ", "TRACE ")),
                arguments("an unknown Transfer-Encoding", Handshake.request("Transfer-Encoding: xchunked\r\n")),
                arguments("HTTP/1.0", GOOD.replace("HTTP/1.1", "HTTP/1.0")),
                arguments("HTTP/2.0", GOOD.replace("HTTP/1.1", "HTTP/2.0")),
                arguments("Host missing", without("Host")),
                arguments("Host twice", Handshake.request("Host: b\r\n")),
                arguments("Host with a bad port", with("Host", "a:port")),
                arguments("Host with user information", with("Host", "u@a")),
                arguments("a field name with a space", Handshake.request("a b: c\r\n")),
                arguments("a field of 100 kB", Handshake.request("a: " + "b".repeat(100_000) + "\r\n")),
                arguments("Content-Length twice", Handshake.request("Content-Length: 0\r\nContent-Length: 0\r\n")),
                arguments(
                        "two origins", Handshake.request("Origin: http://a.example\r\nOrigin: http://b.example\r\n")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badHandshakes")
    void handshake_isRefusedWith400AndTheVersion_whenBad(String name, String request) {
        HttpRaw http = gateway.http();

        HttpRaw.Response response = http.send(request.getBytes(StandardCharsets.ISO_8859_1));

        assertThat(response.status()).as("%s", response).isEqualTo(400);
        assertThat(response.header("Sec-WebSocket-Version")).isEqualTo("13");
        assertThat(response.hasHeader("Sec-WebSocket-Accept")).isFalse();
    }

    static Stream<Arguments> goodHandshakes() {
        return Stream.of(
                arguments("plain", GOOD),
                arguments("Connection list", with("Connection", "keep-alive, Upgrade")),
                arguments("Connection twice", Handshake.request("Connection: keep-alive\r\n")),
                arguments(
                        "other case",
                        GOOD.replace("Upgrade: websocket", "uPGRADE: WebSocket")
                                .replace("Connection: Upgrade", "connection: uPGRADE")),
                arguments("any origin", Handshake.request("Origin: https://anywhere.example\r\n")),
                arguments("origin null", Handshake.request("Origin: null\r\n")),
                arguments("subprotocols offered", Handshake.request("Sec-WebSocket-Protocol: mqtt, graphql-ws\r\n")),
                arguments(
                        "extensions offered",
                        Handshake.request("Sec-WebSocket-Extensions: x-webkit-deflate-frame, foo; bar=1\r\n")),
                arguments(
                        "compression offered",
                        Handshake.request("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n")),
                arguments("extensions malformed", Handshake.request("Sec-WebSocket-Extensions: ;=\r\n")),
                arguments("Content-Length 0", Handshake.request("Content-Length: 0\r\n")),
                arguments("a query", GOOD.replace("/websocket ", "/websocket?token=x&a=%20 ")),
                arguments("white space around the key", with("Sec-WebSocket-Key", "   dGhlIHNhbXBsZSBub25jZQ==  ")),
                arguments("fifty headers more", Handshake.request("X-Something: 1\r\n".repeat(50))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("goodHandshakes")
    void handshake_succeeds(String name, String request) {
        HttpRaw http = gateway.http();

        HttpRaw.Response response = http.send(request.getBytes(StandardCharsets.ISO_8859_1));

        assertThat(response.status()).as("%s", response).isEqualTo(101);
        assertThat(response.header("Upgrade")).isEqualToIgnoringCase("websocket");
        assertThat(response.header("Connection")).isEqualToIgnoringCase("upgrade");
        assertThat(response.header("Sec-WebSocket-Accept")).isEqualTo(Handshake.accept("dGhlIHNhbXBsZSBub25jZQ=="));
        assertThat(response.hasHeader("Sec-WebSocket-Protocol")).isFalse();
        assertThat(response.hasHeader("Sec-WebSocket-Extensions")).isFalse();
        assertThat(response.hasHeader("Transfer-Encoding")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/websockets", "/websocket/x", "/web", "/", ""})
    void handshake_doesNotUpgrade_onAnotherPath(String path) {
        HttpRaw http = gateway.http();

        HttpRaw.Response response =
                http.send(GOOD.replace("/websocket ", path + " ").getBytes(StandardCharsets.ISO_8859_1));

        assertThat(response.status()).isBetween(300, 499);
    }

    @Test
    void handshake_succeeds_inAHundredSegments() {
        RawSocket socket = gateway.socket();

        socket.sendSplit(GOOD.getBytes(StandardCharsets.US_ASCII), 100);

        assertThat(socket.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 101 ");
    }

    @Test
    void handshake_succeeds_afterOtherRequestsOnTheConnection() {
        HttpRaw http = gateway.http();
        assertThat(http.send(HttpRaw.request("GET", TestGateway.BASE + "/health", ""))
                        .status())
                .isEqualTo(200);

        WsClient client = WsClient.upgrade(http.socket());

        client.auth(Tokens.valid()).subscribe("after-http");
    }

    @Test
    void firstFrames_areServed_whenTheyComeWithTheHandshake() {
        RawSocket socket = gateway.socket();
        byte[] frames = Frame.bytes(Frame.text("{\"id\":1,\"method\":\"heartbeat\"}"), Frame.ping("early"));

        socket.send(GOOD + new String(frames, StandardCharsets.ISO_8859_1));

        assertThat(socket.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 101 ");
        assertThat(socket.readUntil("early")).contains("\"requestId\":1");
    }

    @Test
    void halfAFrame_isServed_whenItComesWithTheHandshake() {
        RawSocket socket = gateway.socket();
        byte[] frame = Frame.ping("in two parts").bytes();

        socket.send(GOOD + new String(frame, 0, 5, StandardCharsets.ISO_8859_1));
        assertThat(socket.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 101 ");
        socket.send(java.util.Arrays.copyOfRange(frame, 5, frame.length));

        assertThat(socket.readUntil("in two parts")).endsWith("in two parts");
    }

    @Test
    void connection_leavesNothing_whenItIsCutRightAfterTheHandshake() {
        for (int i = 0; i < 50; i++) {
            RawSocket socket = gateway.socket();
            socket.send(GOOD);
            if (i % 2 == 0) {
                socket.reset();
            } else {
                socket.close();
            }
        }
    }

    @Test
    void origin_isForbidden_whenForeign() {
        try (TestGateway narrow = TestGateway.start("ALLOWED_ORIGINS", "https://app.example,http://localhost:3000")) {
            assertThat(status(narrow, "Origin: https://app.example\r\n")).isEqualTo(101);
            assertThat(status(narrow, "Origin: http://localhost:3000\r\n")).isEqualTo(101);
            assertThat(status(narrow, "Origin: https://evil.example\r\n")).isEqualTo(403);
            assertThat(status(narrow, "Origin: https://app.example.evil.example\r\n"))
                    .isEqualTo(403);
            assertThat(status(narrow, "Origin: http://app.example\r\n")).isEqualTo(403);
            assertThat(status(narrow, "Origin: https://app.example:8443\r\n")).isEqualTo(403);
            assertThat(status(narrow, "Origin: null\r\n")).isEqualTo(403);
            assertThat(status(narrow, "Origin: https://app.example\r\nOrigin: https://evil.example\r\n"))
                    .isIn(400, 403);
            narrow.expectUnharmed();
        }
        gateway.log().take();
    }

    @Test
    void origin_isAllowed_howeverItIsWritten() {
        String allowed = "HTTPS://App.example:443,https://bücher.example,null,capacitor://localhost,file://";
        try (TestGateway narrow = TestGateway.start("ALLOWED_ORIGINS", allowed)) {
            assertThat(status(narrow, "Origin: https://app.example\r\n")).isEqualTo(101);
            assertThat(status(narrow, "Origin: https://app.example:443\r\n")).isEqualTo(101);
            assertThat(status(narrow, "Origin: https://xn--bcher-kva.example\r\n"))
                    .isEqualTo(101);
            assertThat(status(narrow, "Origin: null\r\n")).isEqualTo(101);
            assertThat(status(narrow, "Origin: capacitor://localhost\r\n")).isEqualTo(101);
            assertThat(status(narrow, "Origin: file://\r\n")).isEqualTo(101);
            assertThat(status(narrow, "Origin: https://app.example:444\r\n")).isEqualTo(403);
            assertThat(status(narrow, "Origin: capacitor://evil\r\n")).isEqualTo(403);
            assertThat(narrow.publish("cors", "e", "1", "Origin: null").header("Access-Control-Allow-Origin"))
                    .isEqualTo("null");
            narrow.expectUnharmed();
        }
        gateway.log().take();
    }

    @Test
    void basePath_mayBeTheRoot() {
        try (TestGateway root = TestGateway.start("BASE_PATH", "/")) {
            assertThat(root.get("/health").status()).isEqualTo(200);
            assertThat(root.get("/ready").status()).isEqualTo(200);
            HttpRaw http = root.http();
            HttpRaw.Response response =
                    http.send(GOOD.replace(TestGateway.BASE, "").getBytes(StandardCharsets.US_ASCII));
            assertThat(response.status()).isEqualTo(101);
            assertThat(root.post(
                                    "/publish",
                                    WsClient.publishParams("a", "e", "1"),
                                    "Authorization: Bearer " + TestGateway.API_KEY)
                            .status())
                    .isEqualTo(200);
        }
        gateway.log().take();
    }

    private static int status(TestGateway narrow, String headers) {
        return narrow.http()
                .send(Handshake.request(headers).getBytes(StandardCharsets.US_ASCII))
                .status();
    }

    private static String without(String header) {
        return GOOD.replaceFirst("\r\n" + header + ": [^\r]*", "");
    }

    private static String with(String header, String value) {
        return GOOD.replaceFirst("\r\n" + header + ": [^\r]*", "\r\n" + header + ": " + value);
    }
}
