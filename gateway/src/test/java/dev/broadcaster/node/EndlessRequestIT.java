package dev.broadcaster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.broadcaster.testing.NodeProcess;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An endless request does not end a node with a heap of 256 MB: its connection is cut, and counted. */
@Timeout(60)
class EndlessRequestIT {
    /** Undertow alone ran out of memory after 79 MB. */
    private static final long MOST_BYTES = 200L << 20;

    private static final String KEY = "Authorization: Bearer " + NodeProcess.API_KEY + "\r\n";
    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";
    private static final String PUBLISH = "POST /broadcaster/publish HTTP/1.1\r\n";

    private static NodeProcess node;

    @BeforeAll
    static void start() {
        node = NodeProcess.start(Map.of(), "-Xmx256m");
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    static Stream<Arguments> requests() {
        String y = "y".repeat(16_000);
        return Stream.of(
                arguments("chunks", "trailer, no key", PUBLISH + "Host: a\r\n" + CHUNKED + "0\r\nx:", y),
                arguments("chunks", "trailer, key", PUBLISH + "Host: a\r\n" + KEY + CHUNKED + "0\r\nx:", y),
                arguments("chunks", "trailer name", PUBLISH + "Host: a\r\n" + CHUNKED + "0\r\n", y),
                arguments(
                        "chunks",
                        "trailer names",
                        PUBLISH + "Host: a\r\n" + CHUNKED + "0\r\n",
                        "x: y\r\n".repeat(2000)),
                arguments("chunks", "extension", PUBLISH + "Host: a\r\n" + KEY + CHUNKED + "1;", y),
                arguments("chunks", "extensions", PUBLISH + "Host: a\r\n" + KEY + CHUNKED, "1;" + y + "\r\nz\r\n"),
                arguments("chunks", "size", PUBLISH + "Host: a\r\n" + CHUNKED, "0".repeat(16_000)),
                // Undertow refuses these itself, after it has read them to the end.
                arguments("http", "trailer, no Host", PUBLISH + CHUNKED + "0\r\nx:", y),
                arguments("http", "trailer, bad Host", PUBLISH + "Host: a:b\r\n" + CHUNKED + "0\r\nx:", y),
                arguments("http", "body, no Host", PUBLISH + "Content-Length: 999999999999\r\n\r\n", y));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("requests")
    void endlessRequest_isCut(String reason, String name, String begin, String endless) throws Exception {
        double before = refusals(reason);

        long sent = sendUntilCut(begin, endless);

        assertThat(sent).as("bytes until the connection was cut").isLessThan(MOST_BYTES);
        assertThat(node.isAlive()).isTrue();
        assertThat(refusals(reason) - before).isEqualTo(1);
        assertThat(node.publish("alive", "e", "1").status()).isEqualTo(200);
    }

    /** A request that Undertow would refuse after its body, which never arrives. */
    @Test
    void refusedRequestWithoutItsBody_isCutAfter5Seconds() throws Exception {
        double before = refusals("slow_header");
        long start = System.nanoTime();
        try (Socket socket = new Socket("127.0.0.1", node.port())) {
            socket.setSoTimeout(30_000);
            write(socket.getOutputStream(), PUBLISH + "Content-Length: 5\r\n\r\nx");
            while (socket.getInputStream().read() >= 0) {}
        } catch (SocketException e) {
            // cut with a reset
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofSeconds(4), Duration.ofSeconds(15));
        assertThat(refusals("slow_header") - before).isEqualTo(1);
    }

    private static double refusals(String reason) {
        return node.metric("broadcaster_refusals_total", "reason=\"" + reason + "\"");
    }

    private static long sendUntilCut(String begin, String endless) throws IOException {
        byte[] piece = endless.getBytes(StandardCharsets.US_ASCII);
        long sent = 0;
        try (Socket socket = new Socket("127.0.0.1", node.port())) {
            OutputStream out = socket.getOutputStream();
            write(out, begin);
            while (sent < MOST_BYTES) {
                out.write(piece);
                sent += piece.length;
            }
        } catch (SocketException e) {
            // cut
        }
        return sent;
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.US_ASCII));
    }
}
