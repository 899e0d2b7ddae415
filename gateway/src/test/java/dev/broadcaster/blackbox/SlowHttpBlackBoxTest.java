package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.broadcaster.message.Message;
import dev.broadcaster.relay.HistoryOutcome;
import dev.broadcaster.testing.SelfSigned;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that send slowly, or do not read, cannot hold a connection. */
@Tag("black-box")
final class SlowHttpBlackBoxTest {

    private static final String PUBLISH = TestGateway.BASE + "/publish";
    private static final String HEALTH = TestGateway.BASE + "/health";
    private static final String KEY = "Authorization: Bearer " + TestGateway.API_KEY;

    @RegisterExtension
    static final TestGateway gateway = TestGateway.shared();

    /** Slow header: cut at 5 s; slow body: cut at 10 s (not promised by the protocol, but by RELIABILITY section 2). */
    @Test
    void slowClients_areCut() {
        try (TestGateway behindProxy = TestGateway.start("PROXY_PROTOCOL", "true", "TRUSTED_PROXIES", "127.0.0.1")) {
            slowClientsAreCut(behindProxy.socket());
            assertThat(behindProxy.metrics().get("broadcaster_refusals_total{reason=\"proxy_header\"}"))
                    .isEqualTo(1);
        }
    }

    private static void slowClientsAreCut(RawSocket slowProxy) {
        RawSocket slowHeader = gateway.socket();
        RawSocket slowBody = gateway.socket();
        slowProxy.send("PROXY UNKNOWN ");
        slowHeader.send("GET " + HEALTH + " HTTP/1.1\r\nHost: a\r\nX-A: ");
        slowBody.send("POST " + PUBLISH + " HTTP/1.1\r\nHost: a\r\n" + KEY + "\r\nContent-Length: 1000\r\n\r\n");
        long from = System.nanoTime();
        Duration headerCut = Duration.ZERO;
        Duration bodyCut = Duration.ZERO;
        Duration proxyCut = Duration.ZERO;

        while (headerCut.isZero() || bodyCut.isZero() || proxyCut.isZero()) {
            Duration elapsed = Duration.ofNanos(System.nanoTime() - from);
            assertThat(elapsed)
                    .as("header cut after %s, body after %s, PROXY header after %s", headerCut, bodyCut, proxyCut)
                    .isLessThan(Duration.ofSeconds(14));
            if (headerCut.isZero() && !slowHeader.trySend(new byte[] {'a'})) {
                headerCut = elapsed;
            }
            if (bodyCut.isZero() && !slowBody.trySend(new byte[] {' '})) {
                bodyCut = elapsed;
            }
            if (proxyCut.isZero() && !slowProxy.trySend(new byte[] {'a'})) {
                proxyCut = elapsed;
            }
            LockSupport.parkNanos(300_000_000);
        }

        assertThat(proxyCut).isBetween(Duration.ofSeconds(4), Duration.ofSeconds(8));
        assertThat(headerCut).isBetween(Duration.ofSeconds(4), Duration.ofSeconds(8));
        assertThat(bodyCut).isBetween(Duration.ofSeconds(8), Duration.ofSeconds(13));
    }

    static Stream<Arguments> unreadBodies() {
        String length = "Host: a\r\nContent-Length: 1000\r\n";
        return Stream.of(
                arguments("health", "POST " + HEALTH + " HTTP/1.1\r\n" + length, 405),
                arguments("health, GET", "GET " + HEALTH + " HTTP/1.1\r\n" + length, 200),
                arguments(
                        "health, chunked",
                        "GET " + HEALTH + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n",
                        200),
                arguments("ready", "GET " + TestGateway.BASE + "/ready HTTP/1.1\r\n" + length, 200),
                arguments("document", "GET " + TestGateway.BASE + "/openapi.json HTTP/1.1\r\n" + length, 200),
                arguments("nothing there", "POST " + TestGateway.BASE + "/nothing HTTP/1.1\r\n" + length, 404),
                arguments("preflight", "OPTIONS " + PUBLISH + " HTTP/1.1\r\n" + length, 204),
                arguments(
                        "preflight, chunked",
                        "OPTIONS " + PUBLISH + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n",
                        204),
                arguments(
                        "publish with a bad Idempotency-Key",
                        "POST " + PUBLISH + " HTTP/1.1\r\n" + length + KEY + "\r\nIdempotency-Key: " + "k".repeat(129)
                                + "\r\n",
                        400),
                arguments(
                        "batch with a bad Idempotency-Key",
                        "POST " + PUBLISH + "/batch HTTP/1.1\r\n" + length + KEY + "\r\nIdempotency-Key: "
                                + "k".repeat(129) + "\r\n",
                        400));
    }

    /**
     * The response does not wait for the rest of such a body, and nothing else does: a slow body holds no connection.
     */
    @ParameterizedTest(name = "{0}")
    @MethodSource("unreadBodies")
    void request_isAnsweredAndItsConnectionEnds_whenItsBodyIsUnread(String name, String head, int status) {
        HttpRaw http = gateway.http();

        http.socket().send(head + "\r\n");

        http.socket().patience(Duration.ofSeconds(3));
        HttpRaw.Response response = http.read();
        assertThat(response.status()).as("%s", response).isEqualTo(status);
        assertThat(response.header("Connection")).isEqualTo("close");
        http.socket().expectClosed();
    }

    /** Chunks that have arrived with the head, a whole body or a part of it, make no difference. */
    @ParameterizedTest
    @ValueSource(strings = {"0\r\n\r\n", "2\r\n{}\r\n0\r\n\r\n", "5\r\nhel", "no chunk"})
    void preflight_isAnswered_whenItsChunksAreUnread(String body) {
        HttpRaw http = gateway.http();

        http.socket().send("OPTIONS " + PUBLISH + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body);

        http.socket().patience(Duration.ofSeconds(3));
        assertThat(http.read().status()).isEqualTo(204);
        http.socket().expectClosed();
    }

    /**
     * A refused client may still be sending: the response is sent at once, the rest is dropped, for at most five
     * seconds.
     */
    @ParameterizedTest
    @CsvSource({"PUT, 405", "POST, 401"})
    void request_isAnsweredAtOnce_andTheRestOfItsBodyIsDropped(String method, int status) {
        String head = method + " " + PUBLISH + " HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n";
        HttpRaw http = gateway.http();
        http.socket().patience(Duration.ofSeconds(3));

        http.socket().send(head);
        assertThat(http.read().status()).isEqualTo(status);
        http.socket().send("x".repeat(1000) + "GET " + HEALTH + " HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(http.read().status()).as("the next request").isEqualTo(200);

        http.socket().send(head);
        assertThat(http.read().status()).isEqualTo(status);
        http.socket().patience(Duration.ofSeconds(8));
        http.socket().expectClosed();
    }

    // ---- unread responses

    /** A client of the test below: seconds until the node closed its connection. */
    private static CompletableFuture<Double> neverReads(RawSocket socket, String requests) {
        gateway.owned(socket);
        CompletableFuture<Double> cut = new CompletableFuture<>();
        long from = System.nanoTime();
        Thread sender = new Thread(
                () -> {
                    boolean open = socket.trySend(requests.getBytes(StandardCharsets.ISO_8859_1));
                    while (open && System.nanoTime() - from < 40_000_000_000L) {
                        LockSupport.parkNanos(200_000_000);
                        open = socket.trySend(new byte[] {'G'});
                    }
                    if (open) {
                        cut.completeExceptionally(new AssertionError("still connected after 40 s"));
                    } else {
                        cut.complete((System.nanoTime() - from) / 1e9);
                    }
                },
                "never-reads");
        sender.setDaemon(true);
        sender.start();
        return cut;
    }

    private static String get(String path, int times) {
        return ("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + KEY + "\r\n\r\n").repeat(times);
    }

    private static HistoryOutcome page(int messages, int payloadBytes) {
        byte[] payload = ("\"" + "x".repeat(payloadBytes) + "\"").getBytes(StandardCharsets.US_ASCII);
        byte[] event = "\"e\"".getBytes(StandardCharsets.US_ASCII);
        return new HistoryOutcome.Page(
                Collections.nCopies(
                        messages, new Message("E2H9FPV4K9-1", "2026-01-02T03:04:05Z", "chat:a", event, payload)),
                false);
    }

    /**
     * An unread response holds its connection for 10 s, whichever part of the node sends it, whenever it starts and
     * wherever the client is connected. A client that reads slowly but steadily gets all of it. All of them wait at the
     * same time.
     */
    @Test
    void clientThatNeverReadsResponses_isCut_andASlowReaderIsNot(@TempDir Path directory) throws Exception {
        SelfSigned tls = SelfSigned.make(directory);
        try (HeldNode late = new HeldNode();
                HeldNode secure = new HeldNode(
                        "TLS_CERT",
                        tls.certificate().toString(),
                        "TLS_KEY",
                        tls.key().toString())) {
            late.relay.holdHistoryReads();
            secure.relay.holdHistoryReads();
            String history = TestGateway.BASE + "/channels/chat:a/history";
            Map<String, CompletableFuture<Double>> cuts = new LinkedHashMap<>();
            cuts.put("document", neverReads(small(gateway.port()), get(TestGateway.BASE + "/openapi.json", 4000)));
            cuts.put("nothing there", neverReads(small(gateway.port()), get(TestGateway.BASE + "/nothing", 8000)));
            cuts.put("batch", neverReads(small(gateway.port()), batches(60)));
            int management = gateway.gateway().managementPort();
            cuts.put("metrics", neverReads(small(management), get("/metrics", 400)));
            cuts.put("management, health", neverReads(small(management), get("/health", 8000)));
            cuts.put("late history", neverReads(small(late.port()), get(history, 1)));
            cuts.put("late history, one of many", neverReads(small(late.port()), get(history, 50)));
            cuts.put("tls, late history", neverReads(smallTls(secure.port(), tls), get(history, 1)));
            cuts.put(
                    "tls, document",
                    neverReads(smallTls(secure.port(), tls), get(TestGateway.BASE + "/openapi.json", 400)));
            RawSocket slow = gateway.owned(RawSocket.connect(late.port(), 64 * 1024));
            slow.send(get(history, 1));

            late.relay.answerHistoryReads(3, page(100, 40_000));
            secure.relay.answerHistoryReads(1, page(100, 40_000));
            long from = System.nanoTime();
            byte[] read = readSteadily(slow, 100 * 40_000, Duration.ofSeconds(14));

            assertThat(read).hasSize(100 * 40_000);
            assertThat(Duration.ofNanos(System.nanoTime() - from)).isGreaterThan(Duration.ofSeconds(12));
            cuts.forEach((name, cut) -> assertThat(cut)
                    .as(name)
                    .succeedsWithin(Duration.ofSeconds(30))
                    .satisfies(seconds -> assertThat(seconds).as(name).isBetween(8.0, 15.0)));
            String slowReaders = "broadcaster_refusals_total{reason=\"slow_reader\"}";
            assertThat(late.metric(slowReaders) + secure.metric(slowReaders)).isEqualTo(4);
        }
    }

    private static RawSocket small(int port) {
        return RawSocket.connect(port, 4096);
    }

    private static RawSocket smallTls(int port, SelfSigned made) throws Exception {
        SSLSocket socket = (SSLSocket) made.trusting().getSocketFactory().createSocket();
        socket.setReceiveBufferSize(4096);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        socket.startHandshake();
        return RawSocket.over(socket);
    }

    private static String batches(int times) {
        String body = "{\"messages\":[" + "{\"channel\":\"a::b\"},".repeat(999) + "{\"channel\":\"a::b\"}]}";
        return ("POST " + PUBLISH + "/batch HTTP/1.1\r\nHost: a\r\n" + KEY + "\r\nContent-Length: " + body.length()
                        + "\r\n\r\n" + body)
                .repeat(times);
    }

    /** Reads this many bytes, in equal pieces over this time. */
    private static byte[] readSteadily(RawSocket socket, int length, Duration time) throws Exception {
        int pieces = (int) (time.toMillis() / 200);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        long from = System.nanoTime();
        for (int i = 0; i < pieces; i++) {
            LockSupport.parkNanos(from + i * 200_000_000L - System.nanoTime());
            bytes.writeBytes(socket.readExactly((int) ((long) length * (i + 1) / pieces) - bytes.size()));
        }
        return bytes.toByteArray();
    }
}
