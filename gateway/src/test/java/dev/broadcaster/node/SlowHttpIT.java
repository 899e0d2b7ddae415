package dev.broadcaster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Swarm;
import dev.broadcaster.testing.SwarmClient;
import dev.broadcaster.testing.Tokens;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Slow clients, and the times after which a node with its default settings closes them (RELIABILITY section 2). All of
 * them start together and each test waits for its own, so that the class takes as long as the slowest.
 */
class SlowHttpIT {
    /** The delay that a busy machine may add. */
    private static final double SLACK_SECONDS = 6;

    private static final String POST = "POST /broadcaster/publish HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
            + NodeProcess.API_KEY + "\r\nContent-Length: 100000\r\n\r\n";

    private static NodeProcess node;
    private static Swarm swarm;
    private static ExecutorService threads;
    private static long start;
    private static CompletableFuture<Double> slowHeader;
    private static CompletableFuture<Double> slowBody;
    private static CompletableFuture<Double> silentSocket;
    private static CompletableFuture<Double> keptAlive;
    private static CompletableFuture<Double> ignoresClose;
    private static SwarmClient ignoresPings;
    private static SwarmClient quiet;

    @BeforeAll
    static void beginAll() throws Exception {
        node = NodeProcess.start(Map.of("HTTP_IDLE_TIMEOUT", "60s"));
        swarm = new Swarm(node.port());
        threads = Executors.newCachedThreadPool();
        String token = Tokens.valid();
        ignoresPings = swarm.open(new SwarmClient.Habits(false, true, 0));
        quiet = swarm.open();
        ignoresPings.subscribe(token, "slow").get(20, TimeUnit.SECONDS);
        quiet.subscribe(token, "slow").get(20, TimeUnit.SECONDS);
        start = System.nanoTime();
        slowHeader = begin(() -> dripUntilCut("", "GET /broadcaster/health HTTP/1.1\r\nX-Slow: " + "x".repeat(500)));
        slowBody = begin(() -> dripUntilCut(POST, "x".repeat(500)));
        silentSocket = begin(() -> dripUntilCut("", ""));
        keptAlive = begin(() -> dripUntilCut("GET /broadcaster/health HTTP/1.1\r\nHost: a\r\n\r\n", ""));
        ignoresClose = begin(SlowHttpIT::ignoreClose);
    }

    @AfterAll
    static void end() {
        threads.shutdownNow();
        swarm.close();
        node.close();
    }

    @Test
    void slowHeader_isCutAfter5Seconds() {
        assertThat(slowHeader.join()).isBetween(4.0, 5 + SLACK_SECONDS);
    }

    @Test
    void slowBody_isCutAfter10Seconds() {
        assertThat(slowBody.join()).isBetween(9.0, 10 + SLACK_SECONDS);
        assertThat(node.metric("broadcaster_refusals_total", "reason=\"slow_body\""))
                .isEqualTo(1);
    }

    @Test
    void silentSocket_isCutAfterTheIdleTimeout() {
        assertThat(silentSocket.join()).isLessThan(60 + SLACK_SECONDS);
    }

    @Test
    void connectionKeptAlive_isCutAfterTheIdleTimeout() {
        assertThat(keptAlive.join()).isBetween(55.0, 60 + SLACK_SECONDS);
    }

    @Test
    void pingNotAnswered_closesWith4408After35Seconds() throws Exception {
        SwarmClient.Ending ending = ignoresPings.ended().get(60, TimeUnit.SECONDS);
        assertThat(ending.code()).isEqualTo(4408);
        assertThat((ending.nanos() - start) / 1e9).isBetween(33.0, 35 + SLACK_SECONDS);
    }

    @Test
    void closeNotAnswered_dropsTheConnectionAfter5Seconds() {
        assertThat(ignoresClose.join()).isBetween(4.0, 5 + SLACK_SECONDS);
    }

    @Test
    void quietClientThatAnswersPings_outlivesTheTimeoutsOfHttp() throws Exception {
        TimeUnit.NANOSECONDS.sleep(start + Duration.ofSeconds(72).toNanos() - System.nanoTime());
        assertThat(quiet.ended()).isNotDone();
        assertThat(quiet.pings()).isGreaterThanOrEqualTo(2);
        assertThat(node.publish("slow", "e", "1").status()).isEqualTo(200);
        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(quiet.received()).isEqualTo(1));
    }

    private interface Attempt {
        void run() throws IOException, InterruptedException;
    }

    /** The seconds until the attempt has ended. */
    private static CompletableFuture<Double> begin(Attempt attempt) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        attempt.run();
                    } catch (IOException | InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    return (System.nanoTime() - start) / 1e9;
                },
                threads);
    }

    /** Sends {@code first} at once, {@code rest} one byte per 300 ms, until the node has ended the connection. */
    private static void dripUntilCut(String first, String rest) throws IOException, InterruptedException {
        try (Socket socket = new Socket("127.0.0.1", node.port())) {
            socket.setTcpNoDelay(true);
            socket.getOutputStream().write(first.getBytes(StandardCharsets.US_ASCII));
            socket.setSoTimeout(300);
            for (int i = 0; System.nanoTime() - start < 90_000_000_000L; i++) {
                if (isCut(socket.getInputStream())) {
                    return;
                }
                if (i < rest.length()) {
                    socket.getOutputStream().write(rest.charAt(i));
                }
            }
            throw new IOException("not cut");
        } catch (java.net.SocketException e) {
            // cut with a reset
        }
    }

    private static boolean isCut(InputStream in) throws IOException {
        try {
            return in.read(new byte[4096]) < 0;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        }
    }

    /** Makes the node close, does not answer, and sends bytes until they are no longer accepted. */
    private static void ignoreClose() throws IOException, InterruptedException {
        try (Socket socket = new Socket("127.0.0.1", node.port());
                BlockingClient client = new BlockingClient(socket)) {
            client.send("not JSON");
            assertThat(client.read().closeCode()).isEqualTo(4400);
            for (int i = 0; i < 300; i++) {
                client.send("{}");
                TimeUnit.MILLISECONDS.sleep(100);
            }
            throw new IllegalStateException("not dropped");
        } catch (java.net.SocketException e) {
            // dropped
        }
    }
}
