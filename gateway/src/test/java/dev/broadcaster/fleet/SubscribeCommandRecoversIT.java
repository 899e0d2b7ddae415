package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.node.ChildProcess;
import dev.broadcaster.node.NodeProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code broadcaster subscribe --reconnect} as a process, with a network between it and the node that breaks (P13). */
final class SubscribeCommandRecoversIT {
    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
    private static final Path JAR = Path.of("target", "broadcaster.jar").toAbsolutePath();

    @TempDir
    private Path folder;

    /** Subscribed, silence, loss, three messages, return: three recovered. */
    @Test
    void subscriberThatHasSeenNothing_recoversWhatItMissed() throws Exception {
        try (NodeProcess node = NodeProcess.start(Map.of("HISTORY", "kept:=100/10m"));
                FaultProxy network = new FaultProxy(node.port(), 1)) {
            assertThat(node.publish("kept:a", "e", "0").status()).isEqualTo(200);
            Process subscriber = subscribe(network.port(), 4);
            try {
                await().atMost(Duration.ofSeconds(30)).until(() -> err().contains("subscribed: kept:a"));

                network.refuse();
                network.reset();
                await().atMost(Duration.ofSeconds(30)).until(() -> err().contains("reconnecting in"));
                for (int n = 1; n <= 3; n++) {
                    assertThat(node.publish("kept:a", "e", Integer.toString(n)).status())
                            .isEqualTo(200);
                }
                network.heal();
                await().atMost(Duration.ofSeconds(60)).until(() -> err().contains("recovered: "));
                assertThat(node.publish("kept:a", "e", "4").status()).isEqualTo(200);

                assertThat(subscriber.waitFor(30, TimeUnit.SECONDS)).as(err()).isTrue();
                assertThat(subscriber.exitValue()).as(err()).isZero();
                assertThat(err())
                        .contains("recovered: kept:a, 3 missed messages follow")
                        .doesNotContain("hole");
                assertThat(Files.readString(folder.resolve("out")).lines())
                        .extracting(line -> line.substring(line.indexOf('\t')))
                        .containsExactly(
                                "\tkept:a\t1\te\t1", "\tkept:a\t2\te\t2", "\tkept:a\t3\te\t3", "\tkept:a\t4\te\t4");
            } finally {
                ChildProcess.kill(subscriber);
            }
        }
    }

    /** Nothing gets through any more, and nobody says so: only the absence of pings shows it. */
    @Test
    void subscriberWhoseConnectionIsDead_comesBackAndRecovers() throws Exception {
        try (NodeProcess node = NodeProcess.start(Map.of("HISTORY", "kept:=100/10m", "PING_INTERVAL", "1s"));
                FaultProxy network = new FaultProxy(node.port(), 1)) {
            Process subscriber = subscribe(network.port(), 2);
            try {
                await().atMost(Duration.ofSeconds(30)).until(() -> err().contains("subscribed: kept:a"));

                network.blackHole();
                assertThat(node.publish("kept:a", "e", "1").status()).isEqualTo(200);
                await().atMost(Duration.ofSeconds(40)).until(() -> err().contains("nothing was heard for"));
                assertThat(node.publish("kept:a", "e", "2").status()).isEqualTo(200);
                network.heal();

                assertThat(subscriber.waitFor(60, TimeUnit.SECONDS)).as(err()).isTrue();
                assertThat(subscriber.exitValue()).as(err()).isZero();
                assertThat(err()).contains("recovered: kept:a, 2 missed messages follow");
            } finally {
                ChildProcess.kill(subscriber);
            }
        }
    }

    private Process subscribe(int port, int count) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                        JAVA.toString(),
                        "-ea",
                        "-jar",
                        JAR.toString(),
                        "subscribe",
                        "--reconnect",
                        "--count",
                        Integer.toString(count),
                        "--url",
                        "http://127.0.0.1:" + port + "/broadcaster",
                        "kept:a")
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment().put("BROADCASTER_TOKEN", NodeProcess.token());
        return ChildProcess.spawn(builder);
    }

    private String err() throws Exception {
        return Files.readString(folder.resolve("err"));
    }
}
