package dev.broadcaster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Tokens;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A closed connection releases its file descriptor, in a JVM with all assertions enabled. */
@EnabledOnOs(OS.LINUX)
class DescriptorsIT {
    private static final int CONNECTIONS = 40;

    @Test
    void closedConnections_leaveNoDescriptor() throws Exception {
        try (NodeProcess node = NodeProcess.start(Map.of("IO_THREADS", "2"), "-Xmx128m")) {
            assertThat(Files.readString(Path.of("/proc", Long.toString(node.pid()), "cmdline")))
                    .contains("\0-ea\0");
            use(node, 2);
            long before = settled(node);

            use(node, CONNECTIONS);

            assertThat(settled(node)).isEqualTo(before);
        }
    }

    /** This many connections of each kind, all open at a time; the node closes half of them, the client the others. */
    private static void use(NodeProcess node, int count) throws Exception {
        String token = Tokens.valid();
        Socket[] http = new Socket[count];
        BlockingClient[] sockets = new BlockingClient[count];
        for (int i = 0; i < count; i++) {
            http[i] = new Socket("127.0.0.1", node.port());
            String end = i % 2 == 0 ? "Connection: close\r\n" : "";
            http[i].getOutputStream()
                    .write(("GET /broadcaster/health HTTP/1.1\r\nHost: a\r\n" + end + "\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(http[i].getInputStream().readNBytes(12)).asString().isEqualTo("HTTP/1.1 200");
            sockets[i] = new BlockingClient(new Socket("127.0.0.1", node.port()));
            sockets[i].subscribe(token, "channel");
        }
        for (int i = 0; i < count; i++) {
            http[i].close();
            if (i % 2 == 0) {
                sockets[i].send("not JSON");
                assertThat(sockets[i].read().closeCode()).isEqualTo(4400);
            }
            sockets[i].close();
        }
    }

    /** When the node has no connection left except the kept-alive one of this test. */
    private static long settled(NodeProcess node) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(
                        () -> assertThat(node.metric("broadcaster_connections")).isZero());
        long[] seen = {-1, -2};
        await().pollInterval(Duration.ofMillis(500))
                .atMost(Duration.ofSeconds(20))
                .until(() -> {
                    seen[0] = seen[1];
                    seen[1] = node.descriptors();
                    return seen[0] == seen[1];
                });
        return seen[1];
    }
}
