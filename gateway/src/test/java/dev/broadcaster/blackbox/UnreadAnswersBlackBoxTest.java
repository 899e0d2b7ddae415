package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.relay.HistoryOutcome;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Unread HTTP responses hold at most a share of the heap, and nothing when the clients have left. */
@Tag("black-box")
final class UnreadAnswersBlackBoxTest {
    private static final String USED = "broadcaster_budget_used_bytes{account=\"answers\"}";
    private static final String LIMIT = "broadcaster_budget_limit_bytes{account=\"answers\"}";
    private static final String REFUSALS = "broadcaster_budget_refusals_total{account=\"answers\"}";
    private static final String REASON = "broadcaster_refusals_total{reason=\"unread_answer\"}";
    private static final String KEY = "Authorization: Bearer " + TestGateway.API_KEY;
    private static final int PAGE_BYTES = 512 * 1024;
    private static final int MESSAGES = 5;
    private static final int MESSAGE_BYTES = 100_000;
    private static final int SMALL_WINDOW = 4096;

    private final List<RawSocket> silent = new ArrayList<>();
    private TestGateway gateway;

    @BeforeEach
    void start() {
        gateway = TestGateway.start("HISTORY", "h:=1000/10m", "MEMORY_BUDGET", "1", "IO_THREADS", "1");
        for (int i = 0; i < MESSAGES; i++) {
            assertThat(gateway.publish("h:1", "e", "\"" + "x".repeat(MESSAGE_BYTES) + "\"")
                            .status())
                    .isEqualTo(200);
        }
    }

    @AfterEach
    void stop() {
        silent.forEach(RawSocket::close);
        await("account at 0")
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(metric(USED)).isZero());
        gateway.close();
    }

    private double metric(String series) {
        return gateway.metrics().getOrDefault(series, Double.NaN);
    }

    /** Sends requests without reading, one after the other, until the account has no room for another page. */
    private void fillAccount() {
        int most = (int) (metric(LIMIT) / MESSAGE_BYTES / MESSAGES) + 20;
        for (int i = 0; i < most && metric(REASON) == 0; i++) {
            double before = metric(USED);
            ask("/channels/h:1/history");
            await().atMost(Duration.ofSeconds(20)).until(() -> metric(USED) > before || metric(REASON) > 0);
            assertThat(metric(USED)).isLessThanOrEqualTo(metric(LIMIT));
        }
        assertThat(metric(REASON)).isPositive();
        assertThat(metric(REFUSALS)).isPositive();
    }

    private void ask(String path) {
        RawSocket socket = RawSocket.connect(gateway.port(), SMALL_WINDOW);
        silent.add(socket);
        socket.send(HttpRaw.request("GET", TestGateway.BASE + path, "", KEY));
    }

    /** As with Redis, whose pages arrive later: memory for each is reserved before it is read. */
    @Test
    void history_isRefusedWith503_whenReadingsReserveTheWholeAccount() {
        try (HeldNode node = new HeldNode("MEMORY_BUDGET", "1")) {
            node.relay.holdHistoryReads();
            double limit = node.metric(LIMIT);
            int readings = 0;
            while (node.metric(USED) + PAGE_BYTES <= limit) {
                RawSocket socket = RawSocket.connect(node.port());
                silent.add(socket);
                socket.send(HttpRaw.request("GET", TestGateway.BASE + "/channels/h:1/history", "", KEY));
                int expected = ++readings;
                await().untilAsserted(() -> assertThat(node.metric(USED)).isEqualTo((double) expected * PAGE_BYTES));
            }

            HttpRaw.Response refused = history(node.port());

            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("Retry-After")).isEqualTo("1");
            assertThat(refused.error("Internal")).isEqualTo("too many answers wait to be read");
            assertThat(node.metric(REFUSALS)).isEqualTo(1);
            assertThat(node.metric(REASON)).isEqualTo(1);
            node.relay.answerHistoryReads(readings, new HistoryOutcome.NoHistory());
            await().untilAsserted(() -> assertThat(node.metric(USED)).isZero());
        }
    }

    @Test
    void history_isAnswered_asClientsThatReadNothingForASecondGiveWay() {
        fillAccount();
        double refusals = metric(REASON);

        gateway.time().advance(Duration.ofSeconds(2));

        assertThat(history(gateway.port()).status()).isEqualTo(200);
        assertThat(metric(REASON)).isGreaterThan(refusals);
    }

    private static HttpRaw.Response history(int port) {
        return HttpRaw.exchange(port, HttpRaw.request("GET", TestGateway.BASE + "/channels/h:1/history", "", KEY));
    }

    @Test
    void answerThatIsRead_takesNothingAfterwards() {
        try (RawSocket slow = RawSocket.connect(gateway.port(), SMALL_WINDOW)) {
            slow.send(HttpRaw.request("GET", TestGateway.BASE + "/channels/h:1/history", "", KEY));
            await().untilAsserted(() -> assertThat(metric(USED)).isPositive());

            HttpRaw.Response answer = new HttpRaw(slow).read();

            assertThat(answer.body()).hasSizeGreaterThan(MESSAGES * MESSAGE_BYTES);
            await().untilAsserted(() -> assertThat(metric(USED)).isZero());
            slow.send(HttpRaw.request("GET", TestGateway.BASE + "/health", ""));
            assertThat(new HttpRaw(slow).read().status()).isEqualTo(200);
        }
    }

    /** Connections of strangers wait for a document that is in memory once. */
    @Test
    void sharedDocuments_takeNothing() {
        String requests = new String(
                        HttpRaw.request("GET", TestGateway.BASE + "/openapi.json", ""), StandardCharsets.US_ASCII)
                .repeat(100);
        RawSocket socket = RawSocket.connect(gateway.port(), SMALL_WINDOW);
        silent.add(socket);
        socket.trySend(requests.getBytes(StandardCharsets.US_ASCII));

        await().pollDelay(Duration.ZERO)
                .during(Duration.ofMillis(500))
                .untilAsserted(() -> assertThat(metric(USED)).isLessThanOrEqualTo(16 * 1024)); // a buffer of the head
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /health HTTP/1.1\r\nHost: a\r\n%s\r\n",
                "GET /health?%s HTTP/1.1\r\nHost: a\r\n\r\n",
                "GE T /health HTTP/1.1 x\r\nHost a\r\n\r\n",
            })
    void headThatCanNotBeRead_isCounted(String head) {
        String counter = "broadcaster_refusals_total{reason=\"head\"}";
        String many = head.contains("?") ? "a=b&".repeat(2_000) : "a: b\r\n".repeat(1_000);

        HttpRaw.Response answer = HttpRaw.exchange(gateway.port(), head.formatted(many));

        assertThat(answer.status()).isEqualTo(400);
        await().untilAsserted(() -> assertThat(metric(counter)).isEqualTo(1));
    }
}
