package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Unfinished request bodies never take more than their account, although several I/O threads read them. */
@Tag("black-box")
final class BodyBudgetBlackBoxTest {
    private static final String USED = "broadcaster_budget_used_bytes{account=\"bodies\"}";
    private static final String LIMIT = "broadcaster_budget_limit_bytes{account=\"bodies\"}";
    private static final String REFUSED = "broadcaster_refusals_total{reason=\"unfinished_bodies\"}";
    private static final int BODY_BYTES = 1_000_000;
    private static final int PUBLISHERS = 4;

    @Test
    void account_isNeverExceeded() throws Exception {
        byte[] body = ("POST " + TestGateway.BASE + "/publish HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
                        + TestGateway.API_KEY + "\r\nContent-Length: " + BODY_BYTES + "\r\n\r\n"
                        + " ".repeat(BODY_BYTES - 1))
                .getBytes(StandardCharsets.US_ASCII);
        Queue<RawSocket> sockets = new ConcurrentLinkedQueue<>();
        List<Thread> publishers = new ArrayList<>();
        try (TestGateway gateway = TestGateway.start("MEMORY_BUDGET", "1", "IO_THREADS", "4")) {
            double limit = gateway.metrics().get(LIMIT);
            int each = (int) (2 * limit / BODY_BYTES / PUBLISHERS) + 1;
            for (int i = 0; i < PUBLISHERS; i++) {
                publishers.add(new Thread(() -> {
                    for (int j = 0; j < each; j++) {
                        RawSocket socket = RawSocket.connect(gateway.port());
                        sockets.add(socket);
                        socket.trySend(body);
                    }
                }));
            }
            publishers.forEach(Thread::start);

            double most = 0;
            long end = System.nanoTime() + Duration.ofSeconds(20).toNanos(); // the node may read after all is sent
            while (gateway.metrics().get(REFUSED) == 0 && System.nanoTime() < end) {
                most = Math.max(most, gateway.metrics().get(USED));
            }
            assertThat(gateway.metrics().get(REFUSED)).isPositive();
            for (int i = 0; i < 20; i++) {
                most = Math.max(most, gateway.metrics().get(USED));
            }
            assertThat(most).isBetween(1.0, limit);

            for (Thread publisher : publishers) {
                publisher.join();
            }
            sockets.forEach(RawSocket::close);
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(gateway.metrics().get(USED)).isZero());
        }
    }
}
