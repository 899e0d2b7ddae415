package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.JarProcess;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Tokens;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code broadcaster subscribe --reconnect} as a process, with a failing network between it and the node (P13). */
final class SubscribeCommandRecoversIT {
    /** Subscribed, silence, loss, three messages, return: three recovered. */
    @Test
    void subscriberWithoutAMessage_recoversTheMissedMessages() throws Exception {
        try (NodeProcess node = NodeProcess.start(Map.of("HISTORY", "kept:=100/10m"));
                FaultProxy network = new FaultProxy(node.port(), 1)) {
            assertThat(node.publish("kept:a", "e", "0").status()).isEqualTo(200);
            try (JarProcess subscriber = subscribe(network.port(), 4)) {
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> err(subscriber).contains("subscribed: kept:a"));

                network.refuse();
                network.reset();
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> err(subscriber).contains("reconnecting in"));
                for (int n = 1; n <= 3; n++) {
                    assertThat(node.publish("kept:a", "e", Integer.toString(n)).status())
                            .isEqualTo(200);
                }
                network.heal();
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> err(subscriber).contains("recovered: "));
                assertThat(node.publish("kept:a", "e", "4").status()).isEqualTo(200);

                assertThat(subscriber.awaitExit(Duration.ofSeconds(30)))
                        .as(subscriber.log())
                        .isZero();
                assertThat(err(subscriber))
                        .contains("recovered: kept:a, 3 missed messages follow")
                        .doesNotContain("hole");
                assertThat(subscriber.out())
                        .extracting(line -> line.substring(line.indexOf('\t')))
                        .containsExactly(
                                "\tkept:a\t1\te\t1", "\tkept:a\t2\te\t2", "\tkept:a\t3\te\t3", "\tkept:a\t4\te\t4");
            }
        }
    }

    /** No bytes pass any more, without an error: only the absence of pings shows it. */
    @Test
    void subscriberWithADeadConnection_reconnectsAndRecovers() throws Exception {
        try (NodeProcess node = NodeProcess.start(Map.of("HISTORY", "kept:=100/10m", "PING_INTERVAL", "1s"));
                FaultProxy network = new FaultProxy(node.port(), 1)) {
            try (JarProcess subscriber = subscribe(network.port(), 2)) {
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> err(subscriber).contains("subscribed: kept:a"));

                network.blackHole();
                assertThat(node.publish("kept:a", "e", "1").status()).isEqualTo(200);
                await().atMost(Duration.ofSeconds(40))
                        .until(() -> err(subscriber).contains("connection lost: no message for"));
                assertThat(node.publish("kept:a", "e", "2").status()).isEqualTo(200);
                network.heal();

                assertThat(subscriber.awaitExit(Duration.ofSeconds(60)))
                        .as(subscriber.log())
                        .isZero();
                assertThat(err(subscriber)).contains("recovered: kept:a, 2 missed messages follow");
            }
        }
    }

    private static JarProcess subscribe(int port, int count) {
        return JarProcess.run(
                Map.of("BROADCASTER_TOKEN", Tokens.valid()),
                "subscribe",
                "--reconnect",
                "--count",
                Integer.toString(count),
                "--url",
                "http://127.0.0.1:" + port + "/broadcaster",
                "kept:a");
    }

    private static String err(JarProcess process) {
        return String.join("\n", process.err());
    }
}
