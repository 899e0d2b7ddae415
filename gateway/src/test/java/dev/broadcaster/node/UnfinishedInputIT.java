package dev.broadcaster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Handshake;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Publisher;
import dev.broadcaster.testing.Swarm;
import dev.broadcaster.testing.SwarmClient;
import dev.broadcaster.testing.Tokens;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Thousands of connections without a token that start input and do not complete it. The node survives with 256 MB, the
 * memory for them stays within its account, and another client gets every message.
 */
class UnfinishedInputIT {
    private static final String INPUT = "account=\"input\"";
    private static final int PUBLISHES = 150;

    private final List<SocketChannel> strangers = new ArrayList<>(); // guarded by itself
    private NodeProcess node;

    @BeforeEach
    void start() {
        node = NodeProcess.start(Map.of(), "-Xmx256m");
    }

    @AfterEach
    void stop() throws IOException {
        for (SocketChannel stranger : strangers) {
            stranger.close();
        }
        node.close();
    }

    @Test
    void messagesOf65000Bytes_areClosed_asTheySayHowLongTheyAre() throws Exception {
        assertHonestClientsLoseNothing(() -> open(3_788, message(65_000, 65_530)));

        assertThat(node.metric("broadcaster_closes_total", "code=\"1009\"")).isGreaterThan(3_000);
    }

    @Test
    void messagesAsLongAsAnAuthMayBe_fillHalfOfTheirAccount() throws Exception {
        assertHonestClientsLoseNothing(() -> open(3_788, message(20_000, 20_400)));

        assertThat(node.metric("broadcaster_budget_refusals_total", INPUT)).isGreaterThan(0);
        assertThat(node.metric("broadcaster_closes_total", "code=\"1013\"")).isGreaterThan(0);
    }

    @Test
    void headsOf31Kilobytes_fillHalfOfTheirAccount() throws Exception {
        assertHonestClientsLoseNothing(() -> open(4_500, head()));

        assertThat(node.metric("broadcaster_refusals_total", "reason=\"unfinished_heads\""))
                .isGreaterThan(0);
    }

    @Test
    void messagesAndHeadsTogether_fillHalfOfTheirAccount() throws Exception {
        assertHonestClientsLoseNothing(() -> {
            open(2_000, message(20_000, 20_400));
            open(2_000, head());
            open(1_788, message(65_000, 65_530));
            open(2_500, head());
        });
    }

    /** The node keeps no more sockets than descriptors allow, and a client with a token can connect. */
    @Test
    void idleHttpConnections_leaveDescriptorsForClients() throws Exception {
        node.close();
        node = NodeProcess.startWithDescriptors(1_000, Map.of(), "-Xmx256m");

        assertHonestClientsLoseNothing(() -> open(3_000, new byte[0]));

        assertThat(node.metric("broadcaster_refusals_total", "reason=\"http_connections\""))
                .isGreaterThan(0);
        assertThat(node.log()).doesNotContain("Too many open files");
    }

    private interface Attack {
        void run() throws Exception;
    }

    private void assertHonestClientsLoseNothing(Attack attack) throws Exception {
        AtomicBoolean attacked = new AtomicBoolean();
        AtomicInteger newcomers = new AtomicInteger();
        try (Swarm swarm = new Swarm(node.port());
                Publisher publisher = new Publisher(node.port())) {
            SwarmClient honest =
                    swarm.open().subscribe(Tokens.valid(), "honest").get(20, TimeUnit.SECONDS);
            Thread attacker = new Thread(() -> {
                try {
                    attack.run();
                } catch (Exception e) {
                    // whatever the node does with them
                } finally {
                    attacked.set(true);
                }
            });
            attacker.start();
            int published = 0;
            double most = 0;
            while (published < PUBLISHES || !attacked.get()) {
                assertThat(publisher.publish("honest", 1, 200)).isEqualTo(1);
                published++;
                if (published % 25 == 0) {
                    most = Math.max(most, node.metric("broadcaster_budget_used_bytes", INPUT));
                    comeIn();
                    newcomers.incrementAndGet();
                }
                TimeUnit.MILLISECONDS.sleep(20);
            }
            attacker.join();
            comeIn();
            int all = published;
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(honest.received()).isEqualTo(all));
            assertThat(honest.holes()).isZero();
            assertThat(honest.ended()).isNotDone();
            double limit = node.metric("broadcaster_budget_limit_bytes", INPUT);
            System.out.printf(
                    "unfinished input: at most %.1f MB of %.1f MB held, heap %d MB after a collection, %d messages, %d newcomers%n",
                    most / 1e6, limit / 1e6, node.heapAfterCollection() >> 20, all, newcomers.get());
            assertThat(most).isLessThanOrEqualTo(limit);
        }
        assertThat(node.get("/broadcaster/ready").status()).isEqualTo(200);
        for (SocketChannel stranger : strangers) {
            stranger.close();
        }
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(node.metric("broadcaster_budget_used_bytes", INPUT))
                        .isZero());
    }

    /** A client with a token connects, authenticates with a token in two pieces, and subscribes. */
    private void comeIn() throws Exception {
        try (BlockingClient client = new BlockingClient(new Socket("127.0.0.1", node.port()))) {
            byte[] auth = Frame.text("{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + Tokens.valid() + "\"}}")
                    .bytes();
            client.sendRaw(java.util.Arrays.copyOf(auth, 100));
            client.sendRaw(java.util.Arrays.copyOfRange(auth, 100, auth.length));
            assertThat(client.read().text()).contains("\"success\":true");
        }
    }

    /** The start of a masked text frame of {@code length} bytes, after a handshake. */
    private static byte[] message(int sent, int length) {
        byte[] handshake = Handshake.request();
        ByteBuffer all = ByteBuffer.allocate(handshake.length + 8 + sent);
        all.put(handshake)
                .put((byte) 0x81)
                .put((byte) 0xfe)
                .putShort((short) length)
                .putInt(0);
        while (all.hasRemaining()) {
            all.put((byte) 'x');
        }
        return all.array();
    }

    private static byte[] head() {
        StringBuilder head = new StringBuilder("GET /broadcaster/health HTTP/1.1\r\nHost: a\r\n");
        for (int i = 0; i < 190; i++) {
            head.append("x-").append(i).append(": ").append("y".repeat(150)).append("\r\n");
        }
        return head.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** Opens this many connections one after the other that send {@code bytes} and stay. */
    private void open(int count, byte[] bytes) throws IOException {
        for (int i = 0; i < count && node.isAlive(); i++) {
            SocketChannel stranger = SocketChannel.open();
            strangers.add(stranger);
            stranger.setOption(StandardSocketOptions.SO_SNDBUF, 128 * 1024);
            try {
                stranger.connect(new InetSocketAddress("127.0.0.1", node.port()));
                stranger.configureBlocking(false);
                stranger.write(ByteBuffer.wrap(bytes)); // into the buffer of the kernel
            } catch (IOException e) {
                // refused or cut
            }
        }
    }
}
