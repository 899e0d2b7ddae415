package dev.broadcaster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.SelfSigned;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A TLS handshake has as much time as the head of a request: 5 s. */
class SlowTlsIT {
    /** The delay that a busy machine may add. */
    private static final double SLACK_SECONDS = 6;

    /** The start of a record with a ClientHello of 512 bytes. */
    private static final byte[] CLIENT_HELLO = {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3};

    @Test
    void handshakeThatIsNotCompleted_isCutAfter5Seconds(@TempDir Path directory) throws Exception {
        SelfSigned made = SelfSigned.make(directory);
        Map<String, String> settings = Map.of(
                "TLS_CERT", made.certificate().toString(), "TLS_KEY", made.key().toString());
        try (NodeProcess node = NodeProcess.start(settings, "-Xmx128m")) {
            CompletableFuture<Double> silent = CompletableFuture.supplyAsync(() -> cutAfter(node, 0, false));
            CompletableFuture<Double> stalled =
                    CompletableFuture.supplyAsync(() -> cutAfter(node, CLIENT_HELLO.length, false));
            CompletableFuture<Double> dripping =
                    CompletableFuture.supplyAsync(() -> cutAfter(node, CLIENT_HELLO.length, true));
            try (SSLSocket complete = handshake(node, made.store())) {
                assertThat(silent.get(60, TimeUnit.SECONDS)).isBetween(4.0, 5 + SLACK_SECONDS);
                assertThat(stalled.get(60, TimeUnit.SECONDS)).isBetween(4.0, 5 + SLACK_SECONDS);
                assertThat(dripping.get(60, TimeUnit.SECONDS)).isBetween(4.0, 5 + SLACK_SECONDS);
                assertThat(refusals(node)).isEqualTo(3);
                assertThatThrownBy(() -> handshakeTwice(node, made))
                        .isInstanceOf(IOException.class)
                        .isNotInstanceOf(SocketTimeoutException.class);

                complete.getOutputStream()
                        .write("GET /broadcaster/health HTTP/1.1\r\nHost: a\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
                assertThat(complete.getInputStream().read())
                        .as("a client that is through")
                        .isEqualTo('H');
            }
        }
    }

    private static double refusals(NodeProcess node) {
        return node.metric("broadcaster_refusals_total", "reason=\"slow_tls_handshake\"");
    }

    private static SSLSocket handshake(NodeProcess node, KeyStore keys) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("node", keys.getCertificate("node"));
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", node.port());
        socket.setSoTimeout(20_000);
        socket.startHandshake();
        return socket;
    }

    /** A handshake of TLS 1.2, and another one on the same connection: one more signature. */
    private static void handshakeTwice(NodeProcess node, SelfSigned made) throws Exception {
        try (SSLSocket socket = (SSLSocket) made.trusting().getSocketFactory().createSocket("127.0.0.1", node.port())) {
            socket.setSoTimeout(20_000);
            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            socket.startHandshake();
            socket.startHandshake();
            socket.getOutputStream()
                    .write("GET /broadcaster/health HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).as("not renegotiated").isNegative();
        }
    }

    /**
     * The seconds until the node has cut a connection that sends this many bytes at once and, if it drips, one more per
     * 300 ms.
     */
    private static double cutAfter(NodeProcess node, int bytes, boolean drips) {
        long start = System.nanoTime();
        try (Socket socket = new Socket("127.0.0.1", node.port())) {
            socket.setSoTimeout(300);
            OutputStream out = socket.getOutputStream();
            out.write(CLIENT_HELLO, 0, bytes);
            while (System.nanoTime() - start < 90_000_000_000L && !isCut(socket.getInputStream())) {
                if (drips) {
                    out.write(0);
                }
            }
        } catch (SocketException e) {
            // cut with a reset
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return (System.nanoTime() - start) / 1e9;
    }

    private static boolean isCut(InputStream in) throws IOException {
        try {
            return in.read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        }
    }
}
