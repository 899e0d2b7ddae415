package dev.broadcaster.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Tokens;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/**
 * A node whose memory has run out delivers the accepted messages, or ends. Started like in the README, without JVM
 * options.
 */
class OutOfMemoryIT {
    private static final Map<String, String> SETTINGS =
            Map.of("MAX_BODY_BYTES", "100000000", "MAX_PENDING_BYTES", "0", "IO_THREADS", "2");

    @Test
    void acceptedMessagesAreDelivered_orTheProcessEnds_whenBodiesFillTheHeap() throws Exception {
        try (NodeProcess node = NodeProcess.start(SETTINGS, "-Xmx64m");
                BlockingClient client = new BlockingClient(new Socket("127.0.0.1", node.port()))) {
            client.subscribe(Tokens.valid(), "large");
            Queue<String> expected = new ArrayDeque<>();
            for (int megabytes = 3; megabytes <= 14 && node.isAlive(); megabytes++) {
                String large = '"' + "x".repeat(megabytes << 20) + '"';
                String small = "\"after " + megabytes + " MB\"";
                if (isAccepted(node, large)) {
                    expected.add(large);
                }
                if (isAccepted(node, small)) {
                    expected.add(small);
                }
                try {
                    while (!expected.isEmpty()) {
                        assertNextContains(client, expected.remove());
                    }
                } catch (EOFException | SocketException e) {
                    break; // it has ended
                }
            }

            boolean serves = isAccepted(node, "\"last\"");
            System.out.println("out of memory: the node " + (serves ? "serves on" : "has ended"));
            if (serves) {
                assertNextContains(client, "\"last\"");
            } else {
                assertThat(node.awaitExit(Duration.ofSeconds(20))).isEqualTo(1);
                assertThat(node.log()).contains("a thread has died, stopping");
            }
        }
    }

    /** False also if the node has refused the body while it was sent, or has ended. */
    private static boolean isAccepted(NodeProcess node, String payload) {
        try {
            return node.publish("large", "e", payload).status() == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    private static void assertNextContains(BlockingClient client, String payload) throws IOException {
        Frame frame = client.read();
        while (frame.opcode() == 9) {
            client.pong(frame.payload());
            frame = client.read();
        }
        assertThat(frame.text().contains(payload)).as("delivered").isTrue();
    }
}
