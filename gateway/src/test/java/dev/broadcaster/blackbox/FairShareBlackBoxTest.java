package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.SelfSigned;
import dev.broadcaster.testing.Tokens;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A client that sends without end does not prevent the node from serving the other clients of its I/O thread. */
@Tag("black-box")
final class FairShareBlackBoxTest {
    private static final int FLOODS = 2;
    private static final int HEARTBEATS = 5;
    private static final int PIECE_BYTES = 64 * 1024;

    private final AtomicBoolean goesOn = new AtomicBoolean(true);
    private final List<Thread> threads = new ArrayList<>();
    private final List<RawSocket> sockets = new ArrayList<>();
    private HeldNode node;

    /** The bytes that a client sends repeatedly, as fast as it can, while it reads the responses. */
    enum Flood {
        PINGS(true, "", Frame.ping("").bytes()),
        EMPTY_PARTS(
                true,
                Frame.text("{").fin(false).bytes(),
                Frame.continuation("").fin(false).bytes()),
        HEARTBEATS(true, "", Frame.text(WsClient.request(1, "heartbeat", "{}")).bytes()),
        BOMBS(
                true,
                "",
                Frame.text(Deflated.deflate(("{\"id\":1,\"method\":\"" + "x".repeat(60_000) + "\"}")
                                .getBytes(StandardCharsets.US_ASCII)))
                        .rsv(4)
                        .bytes()),
        REQUESTS(
                false,
                "",
                ("GET " + TestGateway.BASE + "/health HTTP/1.1\r\nHost: a\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII)),
        REFUSED_BODY(
                false,
                ("POST " + TestGateway.BASE + "/publish HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII),
                new byte[1000]);

        private final boolean webSocket;
        private final byte[] begin;
        private final byte[] piece;

        Flood(boolean webSocket, String begin, byte[] piece) {
            this(webSocket, begin.getBytes(StandardCharsets.US_ASCII), piece);
        }

        Flood(boolean webSocket, byte[] begin, byte[] piece) {
            this.webSocket = webSocket;
            this.begin = begin;
            ByteArrayOutputStream many = new ByteArrayOutputStream();
            while (many.size() < PIECE_BYTES) {
                many.writeBytes(piece);
            }
            this.piece = many.toByteArray();
        }
    }

    @AfterEach
    void stop() throws Exception {
        goesOn.set(false);
        sockets.forEach(RawSocket::close);
        for (Thread thread : threads) {
            thread.join();
        }
        node.close();
    }

    @ParameterizedTest
    @EnumSource
    void flood_leavesTheNodeToOthers(Flood flood) {
        node = new HeldNode("COMPRESSION", "true", "MAX_REQUEST_RATE", "0");
        WsClient honest = WsClient.open(node.port()).auth(Tokens.valid());

        for (int i = 0; i < FLOODS; i++) {
            start(flood, RawSocket.connect(node.port()));
        }

        assertAnswered(honest);
    }

    @ParameterizedTest
    @EnumSource
    void flood_leavesTheNodeToOthers_overTls(Flood flood, @TempDir Path directory) throws Exception {
        SelfSigned made = SelfSigned.make(directory);
        node = new HeldNode(
                "COMPRESSION",
                "true",
                "MAX_REQUEST_RATE",
                "0",
                "TLS_CERT",
                made.certificate().toString(),
                "TLS_KEY",
                made.key().toString());
        WsClient honest = WsClient.upgrade(secure(made)).auth(Tokens.valid());

        for (int i = 0; i < FLOODS; i++) {
            start(flood, secure(made));
        }

        assertAnswered(honest);
    }

    private RawSocket secure(SelfSigned made) throws Exception {
        Socket socket = made.trusting().getSocketFactory().createSocket("127.0.0.1", node.port());
        return RawSocket.over(socket);
    }

    private void assertAnswered(WsClient honest) {
        for (int i = 0; i < HEARTBEATS; i++) {
            assertThat(honest.ok("heartbeat", "{}").get("timestamp").text()).isNotEmpty();
        }
        honest.close();
    }

    private void start(Flood flood, RawSocket socket) {
        sockets.add(socket);
        if (flood.webSocket) {
            WsClient.upgradeDeflating(socket);
        }
        run(() -> {
            socket.send(flood.begin);
            while (goesOn.get()) {
                socket.send(flood.piece);
            }
        });
        run(() -> {
            while (goesOn.get() && socket.read() >= 0) {}
        });
    }

    /** Runs until the node, or the end of the test, closes the socket. */
    private void run(Runnable task) {
        Thread thread = new Thread(() -> {
            try {
                task.run();
            } catch (UncheckedIOException | AssertionError e) {
                // closed
            }
        });
        threads.add(thread);
        thread.start();
    }
}
