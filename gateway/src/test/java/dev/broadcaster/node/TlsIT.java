package dev.broadcaster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Publisher;
import dev.broadcaster.testing.SelfSigned;
import dev.broadcaster.testing.Tokens;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same promises over TLS, with a certificate that the test makes. */
class TlsIT {
    private static NodeProcess node;
    private static SSLContext trusting;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        SelfSigned made = SelfSigned.make(directory);
        trusting = made.trusting();
        node = NodeProcess.start(
                Map.of(
                        "TLS_CERT", made.certificate().toString(),
                        "TLS_KEY", made.key().toString()),
                "-Xmx128m");
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    private static SSLSocket connect(int receiveBufferBytes) throws IOException {
        SSLSocket socket = (SSLSocket) trusting.getSocketFactory().createSocket();
        if (receiveBufferBytes > 0) {
            socket.setReceiveBufferSize(receiveBufferBytes);
        }
        socket.connect(new InetSocketAddress("127.0.0.1", node.port()));
        return socket;
    }

    /** Collects complete messages in a queue. */
    private static final class Messages implements WebSocket.Listener {
        private final BlockingQueue<String> whole = new LinkedBlockingQueue<>();
        private final StringBuilder begun = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            begun.append(data);
            if (last) {
                whole.add(begun.toString());
                begun.setLength(0);
            }
            socket.request(1);
            return null;
        }

        String next() throws InterruptedException {
            String message = whole.poll(30, TimeUnit.SECONDS);
            assertThat(message).isNotNull();
            return message;
        }
    }

    private static WebSocket subscribe(Messages messages, String channel) throws InterruptedException {
        WebSocket socket = HttpClient.newBuilder()
                .sslContext(trusting)
                .build()
                .newWebSocketBuilder()
                .buildAsync(URI.create("wss://127.0.0.1:" + node.port() + "/broadcaster/websocket"), messages)
                .join();
        String auth = "{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + Tokens.valid() + "\"}}";
        socket.sendText(auth, true).join();
        assertThat(messages.next()).contains("success");
        socket.sendText("{\"id\":2,\"method\":\"subscribe\",\"params\":{\"channel\":\"" + channel + "\"}}", true)
                .join();
        assertThat(messages.next()).contains("subscriptionId");
        return socket;
    }

    @Test
    void wss_deliversEveryMessageInOrder() throws Exception {
        Messages messages = new Messages();
        WebSocket socket = subscribe(messages, "tls-many");
        try (Publisher publisher = new Publisher(connect(0))) {
            for (int i = 0; i < 2_000; i += 10) {
                assertThat(publisher.publish("tls-many", 10, 100)).isEqualTo(10);
            }
        }
        for (int seq = 1; seq <= 2_000; seq++) {
            assertThat(messages.next()).contains("\"seq\":" + seq + ",");
        }
        socket.abort();
    }

    @Test
    void wss_deliversLargeMessagesUnchanged() throws Exception {
        Messages messages = new Messages();
        WebSocket socket = subscribe(messages, "tls-large");
        try (Publisher publisher = new Publisher(connect(0))) {
            for (int i = 0; i < 10; i++) {
                String payload = "\"" + Integer.toString(i).repeat(500_000) + "\"";
                publisher.send(Publisher.request("tls-large", payload));
                assertThat(publisher.status()).isEqualTo(200);
                assertThat(messages.next()).endsWith("\"payload\":" + payload + "}}");
            }
        }
        socket.abort();
    }

    @Test
    void fiftyRequestsInOneTlsRecord_areAllAnswered() throws Exception {
        try (Publisher publisher = new Publisher(connect(0))) {
            assertThat(50 * Publisher.request("tls", "1234567890").length).isLessThan(16_384);
            assertThat(publisher.publish("tls", 50, 10)).isEqualTo(50);
        }
        try (BlockingClient client = new BlockingClient(connect(0))) {
            ByteArrayOutputStream frames = new ByteArrayOutputStream();
            for (int id = 1; id <= 50; id++) {
                frames.writeBytes(Frame.text("{\"id\":" + id + ",\"method\":\"heartbeat\"}")
                        .bytes());
            }
            client.sendRaw(frames.toByteArray());
            for (int id = 1; id <= 50; id++) {
                assertThat(client.read().text()).contains("\"requestId\":" + id + ",");
            }
        }
    }

    @Test
    void expiryOfTheCertificate_isAMeter() {
        double days =
                (node.metric("broadcaster_certificate_expiry_seconds") - System.currentTimeMillis() / 1e3) / 86_400;

        assertThat(days).isBetween(88.0, 90.1); // the default of keytool
    }

    @Test
    void slowReaderOverTls_endsWith4409() throws Exception {
        try (BlockingClient slow = new BlockingClient(connect(16 * 1024));
                Publisher publisher = new Publisher(connect(0))) {
            slow.subscribe(Tokens.valid(), "tls-slow");
            for (int i = 0; i < 400; i++) {
                assertThat(publisher.publish("tls-slow", 10, 1_000)).isEqualTo(10);
            }
            await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
                assertThat(node.metric("broadcaster_closes_total", "code=\"4409\""))
                        .isEqualTo(1);
                assertThat(node.metric("broadcaster_connections")).isZero();
                assertThat(node.metric("broadcaster_queue_bytes")).isZero();
            });

            int seq = 0;
            Frame frame = slow.read();
            while (frame.opcode() == 1) {
                assertThat(frame.text()).contains("\"seq\":" + ++seq + ",");
                frame = slow.read();
            }
            assertThat(frame.closeCode()).isEqualTo(4409);
        }
    }
}
