package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Handshake;
import dev.broadcaster.testing.MadeCertificate;
import dev.broadcaster.testing.Tokens;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code PROXY_PROTOCOL} of docs/settings.md: a trusted proxy names the address of its client. */
@Tag("black-box")
final class ProxyProtocolBlackBoxTest {
    private static final String REFUSED = "broadcaster_refusals_total{reason=\"proxy_header\"}";
    private static final String RATE = "broadcaster_refusals_total{reason=\"handshake_rate\"}";
    private static final String ORIGIN = "Origin: https://evil.example\r\n";
    private static final String HEALTH = "GET " + TestGateway.BASE + "/health HTTP/1.1\r\nHost: a\r\n\r\n";

    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
    private static final byte[] LOCAL = hex(SIGNATURE + "20000000");

    private static TestGateway start(String trusted, String... settings) {
        String[] all = {
            "PROXY_PROTOCOL",
            "true",
            "TRUSTED_PROXIES",
            trusted,
            "AUDIT_LOG",
            "refused",
            "ALLOWED_ORIGINS",
            "https://app.example"
        };
        String[] more = Arrays.copyOf(all, all.length + settings.length);
        System.arraycopy(settings, 0, more, all.length, settings.length);
        return TestGateway.start(more);
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** Version 2, TCP over IPv4: a client with this last byte of its address. */
    private static byte[] header(int last) {
        return concat(hex(SIGNATURE + "2111000c" + "cb0071"), new byte[] {(byte) last}, hex("7f000001" + "12341f40"));
    }

    private static void handshakeIsRefused(TestGateway node, byte[] header, int segments) {
        try (RawSocket socket = RawSocket.connect(node.port())) {
            socket.sendSplit(concat(header, ascii(Handshake.request(ORIGIN))), segments);
            assertThat(socket.readUntil("\r\n")).startsWith("HTTP/1.1 403 ");
        }
    }

    private static List<String> audit(TestGateway node) {
        return node.log().take().stream()
                .filter(line -> line.contains("audit: "))
                .map(line -> line.substring(line.indexOf("audit: ")))
                .toList();
    }

    private static String refusedOrigin(String client) {
        return "audit: handshake from " + client + " refused, 403: Origin: not allowed";
    }

    @Test
    void addressOfTheHeader_isThatOfTheClient() {
        byte[] longHeader = concat(
                hex(SIGNATURE + "2121ea60" + "20010db8000000000000000000000007" + "00".repeat(15) + "01" + "12341f40"),
                new byte[60_000 - 36]); // TLVs
        try (TestGateway node = start("127.0.0.1")) {
            handshakeIsRefused(node, header(7), 1);
            handshakeIsRefused(node, header(8), 400); // each byte by itself
            handshakeIsRefused(node, longHeader, 7);
            handshakeIsRefused(node, ascii("PROXY TCP4 203.0.113.9 127.0.0.1 4660 8000\r\n"), 3);
            handshakeIsRefused(node, LOCAL, 1);
            handshakeIsRefused(node, ascii("PROXY UNKNOWN\r\n"), 1);

            assertThat(audit(node))
                    .containsExactly(
                            refusedOrigin("203.0.113.7"),
                            refusedOrigin("203.0.113.8"),
                            refusedOrigin("2001:db8:0:0:0:0:0:7"),
                            refusedOrigin("203.0.113.9"),
                            refusedOrigin("127.0.0.1"),
                            refusedOrigin("127.0.0.1"));

            RawSocket socket = node.socket();
            socket.send(header(7));
            WsClient client = WsClient.upgrade(socket);
            client.auth(Tokens.valid()).subscribe("chat:1");
            HttpRaw publisher = node.http();
            publisher.socket().send(LOCAL);
            byte[] publish = TestGateway.publishRequest(WsClient.publishParams("chat:1", "e", "1"));
            assertThat(publisher.send(publish).status()).isEqualTo(200);
            assertThat(publisher.send(publish).status())
                    .as("the next request has no header")
                    .isEqualTo(200);
            assertThat(client.broadcast().get("seq").number()).isEqualTo(1);
            assertThat(client.broadcast().get("seq").number()).isEqualTo(2);
            assertThat(node.metrics().get(REFUSED)).isZero();
        }
    }

    @Test
    void connectionOfATrustedProxy_isClosedWithoutAByte_whenItHasNoValidHeader() {
        List<byte[]> bad = List.of(
                ascii(HEALTH),
                hex("16030100c8"), // TLS
                hex(SIGNATURE + "2111000b" + "00".repeat(11)),
                hex(SIGNATURE + "1111000c" + "00".repeat(12)),
                ascii("PROXY TCP4 203.0.113.7 127.0.0.1 4660\r\n"),
                ascii("PROXY " + "x".repeat(200)));
        try (TestGateway node = start("127.0.0.1")) {
            for (byte[] bytes : bad) {
                try (RawSocket socket = RawSocket.connect(node.port())) {
                    socket.send(bytes);
                    socket.expectClosed();
                }
            }
            try (RawSocket socket = RawSocket.connect(node.port())) {
                socket.send(Arrays.copyOf(header(7), 20));
                socket.finishSending();
                socket.expectClosed();
            }
            assertThat(node.metrics().get(REFUSED)).isEqualTo(bad.size() + 1);
            assertThat(audit(node))
                    .containsExactly(
                            "audit: connection from 127.0.0.1 refused: no PROXY header",
                            "audit: connection from 127.0.0.1 refused: no PROXY header",
                            "audit: connection from 127.0.0.1 refused: PROXY header: malformed",
                            "audit: connection from 127.0.0.1 refused: PROXY header: malformed",
                            "audit: connection from 127.0.0.1 refused: PROXY header: malformed",
                            "audit: connection from 127.0.0.1 refused: PROXY header: malformed",
                            "audit: connection from 127.0.0.1 refused: PROXY header: incomplete");

            try (RawSocket check = RawSocket.connect(node.port())) {
                check.finishSending(); // as a health check of the port does
                check.expectClosed();
            }
            assertThat(node.metrics().get(REFUSED)).isEqualTo(bad.size() + 1);
            Awaitility.await()
                    .untilAsserted(() -> assertThat(node.metrics().get("broadcaster_http_connections"))
                            .isZero());
        }
    }

    @Test
    void headerOfAnAddressThatIsNotTrusted_isRefusedAsHttp_andItsClientNeedsNone() {
        try (TestGateway node = start("10.0.0.0/8")) {
            assertThat(HttpRaw.exchange(node.port(), HEALTH).status()).isEqualTo(200);
            for (byte[] header : List.of(header(7), ascii("PROXY TCP4 203.0.113.9 127.0.0.1 4660 8000\r\n"))) {
                assertThat(HttpRaw.exchange(node.port(), concat(header, ascii(HEALTH)))
                                .status())
                        .isEqualTo(400);
            }
            assertThat(node.metrics().get(REFUSED)).isZero();
        }
    }

    @Test
    void handshakes_areCountedForTheAddressOfTheHeader() {
        try (TestGateway node = start("127.0.0.1", "MAX_HANDSHAKE_RATE", "1")) {
            for (int i = 0; i < 10; i++) {
                assertThat(handshake(node, header(7))).isEqualTo(101);
            }
            int refused = 0;
            for (int i = 0; i < 10; i++) {
                refused += handshake(node, header(7)) == 429 ? 1 : 0;
            }
            assertThat(refused).isPositive();
            assertThat(node.metrics().get(RATE)).isEqualTo(refused);
        }
    }

    private static int handshake(TestGateway node, byte[] header) {
        try (RawSocket socket = RawSocket.connect(node.port())) {
            socket.send(concat(header, Handshake.request()));
            return Integer.parseInt(socket.readUntil("\r\n").substring(9, 12));
        }
    }

    @Test
    void header_comesBeforeTls(@TempDir Path folder) throws Exception {
        MadeCertificate made = MadeCertificate.make("node", "EC", null);
        Path certificate = Files.writeString(folder.resolve("cert.pem"), made.pem());
        Path key = Files.writeString(folder.resolve("key.pem"), made.pkcs8());
        try (TestGateway node = start(
                "127.0.0.1",
                "MAX_HANDSHAKE_RATE",
                "1",
                "TLS_CERT",
                certificate.toString(),
                "TLS_KEY",
                key.toString())) {
            try (RawSocket socket = secure(node, made, header(7))) {
                socket.send(Handshake.request(ORIGIN));
                assertThat(socket.readUntil("\r\n")).startsWith("HTTP/1.1 403 ");
            }
            try (RawSocket socket = secure(node, made, header(8))) {
                WsClient.upgrade(socket).auth(Tokens.valid()).ok("heartbeat", "{}");
            }
            try (RawSocket socket = RawSocket.connect(node.port())) {
                socket.send(hex("16030100c8")); // TLS without a header
                socket.expectClosed();
            }
            assertThat(audit(node))
                    .containsExactly(
                            refusedOrigin("203.0.113.7"), "audit: connection from 127.0.0.1 refused: no PROXY header");

            for (int i = 0; i < 40 && node.metrics().get(RATE) == 0; i++) {
                try (RawSocket socket = RawSocket.connect(node.port())) {
                    socket.send(header(9));
                }
            }
            Awaitility.await()
                    .untilAsserted(() -> assertThat(node.metrics().get(RATE))
                            .as("TLS connections of one address")
                            .isPositive());
            try (RawSocket socket = secure(node, made, LOCAL)) { // the proxy itself is not limited
                socket.send(HEALTH);
                assertThat(socket.readUntil("\r\n")).startsWith("HTTP/1.1 200 ");
            }
        }
    }

    /** A connection with TLS behind {@code header}. */
    private static RawSocket secure(TestGateway node, MadeCertificate made, byte[] header) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("node", made.certificate());
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), node.port());
        plain.getOutputStream().write(header);
        return RawSocket.over(context.getSocketFactory().createSocket(plain, "127.0.0.1", node.port(), true));
    }
}
