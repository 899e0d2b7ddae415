package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Input that clients send in time counts as in time, although the node's I/O thread is busy until the deadline. */
@Tag("black-box")
final class BusyThreadBlackBoxTest {
    private static final String PATH = TestGateway.BASE + "/publish";
    private static final String KEY = "Authorization: Bearer " + TestGateway.API_KEY;
    /** More than the longest deadline. */
    private static final long BUSY_MILLIS = 10_600;

    @Test
    void deadlines_doNotCountBytesAsLate_thatABusyThreadHasNotRead() throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        byte[] head = HttpRaw.request("GET", TestGateway.BASE + "/health", "", "x: " + "y".repeat(1_000));
        byte[] body =
                HttpRaw.request("POST", PATH, WsClient.publishParams("c", "e", "\"" + "z".repeat(20_000) + "\""), KEY);
        byte[] health = HttpRaw.request("GET", TestGateway.BASE + "/health", "");
        try (HeldNode node = new HeldNode("HTTP_IDLE_TIMEOUT", "10s");
                HttpRaw silent = answered(node.port(), health);
                HttpRaw idle = answered(node.port(), health);
                HttpRaw neverUsed = new HttpRaw(node.port());
                RawSocket slowHead = RawSocket.connect(node.port());
                RawSocket slowBody = RawSocket.connect(node.port());
                HttpRaw publisher = new HttpRaw(node.port());
                WsClient client = WsClient.open(node.port())) {
            slowHead.send(Arrays.copyOf(head, 500));
            slowBody.send(Arrays.copyOf(body, 17_000));
            client.ok("heartbeat", "{}"); // by now the others have been read, too
            node.relay.answerAtOnce(true);
            node.relay.onPublish(() -> {
                if (busy.getCount() > 0) {
                    busy.countDown();
                    await(never);
                }
            });

            publisher.socket().send(TestGateway.publishRequest(WsClient.publishParams("c", "e", "1")));
            assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
            idle.socket().send(health);
            neverUsed.socket().send(health);
            slowHead.send(Arrays.copyOfRange(head, 500, head.length));
            slowBody.send(Arrays.copyOfRange(body, 17_000, body.length));
            client.socket().patience(java.time.Duration.ofSeconds(30));
            client.send(Frame.text(WsClient.request(5, "auth", "{\"token\":\"" + Tokens.valid() + "\"}")));

            assertThat(client.response().get("requestId").number()).isEqualTo(5);
            assertThat(new HttpRaw(slowHead).read().status()).isEqualTo(200);
            assertThat(new HttpRaw(slowBody).read().status()).isEqualTo(200);
            assertThat(publisher.read().status()).isEqualTo(200);
            assertThat(idle.read().status()).isEqualTo(200);
            assertThat(neverUsed.read().status()).isEqualTo(200);
            silent.socket().expectClosed();
        }
    }

    @Test
    void managementPort_answers_whileTheThreadIsBusy() throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        try (HeldNode node = new HeldNode();
                HttpRaw publisher = new HttpRaw(node.port())) {
            node.relay.answerAtOnce(true);
            node.relay.onPublish(() -> {
                busy.countDown();
                awaitQuietly(asked);
            });
            publisher.socket().send(TestGateway.publishRequest(WsClient.publishParams("c", "e", "1")));
            assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
            try {
                for (String path : List.of("/health", "/ready", "/metrics")) {
                    byte[] request = HttpRaw.request("GET", path, "");
                    assertThat(HttpRaw.exchange(node.managementPort(), request).status())
                            .as(path)
                            .isEqualTo(200);
                }
            } finally {
                asked.countDown();
            }
            assertThat(publisher.read().status()).isEqualTo(200);
        }
    }

    /** A connection whose first request has been answered. */
    private static HttpRaw answered(int port, byte[] request) {
        HttpRaw http = new HttpRaw(port);
        http.socket().send(request);
        assertThat(http.read().status()).isEqualTo(200);
        return http;
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(BUSY_MILLIS, TimeUnit.MILLISECONDS)).isFalse();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
