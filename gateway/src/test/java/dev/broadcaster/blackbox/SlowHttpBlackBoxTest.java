package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that send slowly, or do not read: none of them holds a connection. */
final class SlowHttpBlackBoxTest {

    private static final String PUBLISH = TestGateway.BASE + "/publish";
    private static final String HEALTH = TestGateway.BASE + "/health";
    private static final String KEY = "Authorization: Bearer " + TestGateway.API_KEY;

    @RegisterExtension
    static final TestGateway gateway = TestGateway.shared();

    /** Slow header: cut at 5 s; slow body: cut at 10 s (no promise of the protocol, but of RELIABILITY section 2). */
    @Test
    void slowClients_areCut() {
        RawSocket slowHeader = gateway.socket();
        RawSocket slowBody = gateway.socket();
        slowHeader.send("GET " + HEALTH + " HTTP/1.1\r\nHost: a\r\nX-A: ");
        slowBody.send("POST " + PUBLISH + " HTTP/1.1\r\nHost: a\r\n" + KEY + "\r\nContent-Length: 1000\r\n\r\n");
        long from = System.nanoTime();
        Duration headerCut = Duration.ZERO;
        Duration bodyCut = Duration.ZERO;

        while (headerCut.isZero() || bodyCut.isZero()) {
            Duration elapsed = Duration.ofNanos(System.nanoTime() - from);
            assertThat(elapsed)
                    .as("header cut after %s, body cut after %s", headerCut, bodyCut)
                    .isLessThan(Duration.ofSeconds(14));
            if (headerCut.isZero() && !slowHeader.trySend(new byte[] {'a'})) {
                headerCut = elapsed;
            }
            if (bodyCut.isZero() && !slowBody.trySend(new byte[] {' '})) {
                bodyCut = elapsed;
            }
            LockSupport.parkNanos(300_000_000);
        }

        assertThat(headerCut).isBetween(Duration.ofSeconds(4), Duration.ofSeconds(8));
        assertThat(bodyCut).isBetween(Duration.ofSeconds(8), Duration.ofSeconds(13));
    }

    static Stream<Arguments> bodiesThatNobodyReads() {
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

    /** The answer doesn't wait for the rest of such a body, and nothing else does: a slow body holds no connection. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("bodiesThatNobodyReads")
    void request_isAnsweredAndItsConnectionEnds_whenNobodyReadsItsBody(String name, String head, int status) {
        HttpRaw http = gateway.http();

        http.socket().send(head + "\r\n");

        http.socket().patience(Duration.ofSeconds(3));
        HttpRaw.Response response = http.read();
        assertThat(response.status()).as("%s", response).isEqualTo(status);
        assertThat(response.header("Connection")).isEqualTo("close");
        http.socket().expectClosed();
    }

    /** Who is refused may still be sending: the answer comes at once, the rest is dropped, for five seconds at most. */
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

    /** Requests whose answers nobody reads hold a connection no longer than slow ones do. */
    @ParameterizedTest
    @ValueSource(strings = {"/broadcaster/openapi.json", "/broadcaster/nothing"})
    void clientThatNeverReadsItsAnswers_isCut(String path) {
        RawSocket client = gateway.owned(RawSocket.connect(gateway.port(), 4096));
        client.patience(Duration.ofSeconds(3));
        byte[] requests =
                ("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n").repeat(4000).getBytes(StandardCharsets.US_ASCII);
        long from = System.nanoTime();

        Thread sender = new Thread(() -> {
            while (client.trySend(requests)) {}
        });
        sender.start();
        try {
            sender.join(20_000);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }

        assertThat(sender.isAlive()).as("still connected").isFalse();
        assertThat(Duration.ofNanos(System.nanoTime() - from)).isBetween(Duration.ofSeconds(8), Duration.ofSeconds(15));
    }
}
