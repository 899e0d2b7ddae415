package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Tokens;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A connection whose subscriptions take more than their share of the node is closed with 1013, and frees all of it. */
@Tag("black-box")
final class SubscriptionBudgetBlackBoxTest {
    private static final String USED = "broadcaster_budget_used_bytes{account=\"subscriptions\"}";
    private static final String LIMIT = "broadcaster_budget_limit_bytes{account=\"subscriptions\"}";
    private static final String REFUSALS = "broadcaster_budget_refusals_total{account=\"subscriptions\"}";

    @Test
    void connectionOverItsShare_isClosedWith1013_andTheOthersGoOn() {
        try (TestGateway gateway =
                TestGateway.start("MEMORY_BUDGET", "1", "MAX_SUBSCRIPTIONS", "0", "MAX_REQUEST_RATE", "0")) {
            WsClient modest = gateway.subscriber("a");
            WsClient greedy = gateway.connect().auth(Tokens.valid());
            int most = (int) (gateway.metrics().get(LIMIT) / 8 / 200); // each takes more than the bytes of its name

            int sent = 0;
            boolean open = true;
            while (open && sent < most) {
                String name = "c".repeat(190) + String.format("%08d", sent);
                open = greedy.socket()
                        .trySend(Frame.text(WsClient.request(100 + sent++, "subscribe", WsClient.channelParams(name)))
                                .bytes());
            }

            Frame last = greedy.read();
            while (last.opcode() == Frame.TEXT) {
                last = greedy.read();
            }
            assertThat(greedy.closeCode()).isEqualTo(1013);
            greedy.answerClose();
            assertThat(gateway.metrics().get(REFUSALS)).isEqualTo(1);
            modest.subscribe("b");
            assertThat(gateway.publish("b", "e", "1").status()).isEqualTo(200);
            assertThat(modest.broadcast().get("seq").number()).isEqualTo(1);
            modest.close();
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(gateway.metrics().get(USED)).isZero());
        }
    }
}
