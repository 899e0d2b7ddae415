package dev.broadcaster.auth.keys;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Faulty servers of key sets: the client waits and reads only up to its limits. */
@Tag("black-box")
class HttpKeySetServerTest {
    private static final String GOOD = "{\"keys\":[]}";

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpKeySetServer client = new HttpKeySetServer(threads);

    /** The actions of a server on a connection after the head of the request. */
    private interface Answer {
        void write(OutputStream out) throws IOException, InterruptedException;
    }

    /** A server of one answer; counts its connections, and reports that the client has closed one. */
    private final class Server implements AutoCloseable {
        final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        final AtomicInteger connections = new AtomicInteger();
        final CountDownLatch left = new CountDownLatch(1);

        Server(Answer answer) throws IOException {
            threads.execute(() -> {
                while (!socket.isClosed()) {
                    try (Socket connection = socket.accept()) {
                        connections.incrementAndGet();
                        readHead(connection.getInputStream());
                        answer.write(connection.getOutputStream());
                        connection.getOutputStream().flush();
                    } catch (IOException e) {
                        left.countDown();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }
            });
        }

        private void readHead(InputStream in) throws IOException {
            int state = 0;
            while (state < 4) {
                int c = in.read();
                if (c < 0) {
                    throw new IOException("no request");
                }
                state = c == "\r\n\r\n".charAt(state) ? state + 1 : c == '\r' ? 1 : 0;
            }
        }

        URI address() {
            return URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/jwks.json");
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    private static byte[] response(String status, String headers, String body) {
        return ("HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: " + body.length() + "\r\n" + headers
                        + "\r\n" + body)
                .getBytes(US_ASCII);
    }

    private void assertFails(Server server, String why) {
        assertThatThrownBy(() -> client.fetch(server.address()).get(30, TimeUnit.SECONDS))
                .rootCause()
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> client.fetch(server.address())
                        .orTimeout(30, TimeUnit.SECONDS)
                        .join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOf(IOException.class)
                .hasMessageContaining(why);
    }

    @Test
    void answer_isReadWhole() throws Exception {
        try (Server server = new Server(out -> out.write(response("200 OK", "", GOOD)))) {
            assertThat(client.fetch(server.address()).get(30, TimeUnit.SECONDS)).isEqualTo(GOOD.getBytes(US_ASCII));
        }
    }

    @Test
    void answerOf5Megabytes_isCutOff() throws Exception {
        byte[] chunk = new byte[64 * 1024];
        AtomicInteger written = new AtomicInteger();
        try (Server server = new Server(out -> {
            out.write(("HTTP/1.1 200 OK\r\nContent-Length: " + 5_000_000 + "\r\n\r\n").getBytes(US_ASCII));
            for (int i = 0; i < 5_000_000 / chunk.length; i++) {
                out.write(chunk);
                written.addAndGet(chunk.length);
            }
        })) {
            assertFails(server, "more than " + HttpKeySetServer.MAX_BYTES + " bytes");
            assertThat(server.left.await(30, TimeUnit.SECONDS))
                    .as("the client hung up")
                    .isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"})
    void redirect_isNotFollowed(String status) throws Exception {
        try (Server other = new Server(out -> out.write(response("200 OK", "", GOOD)));
                Server server =
                        new Server(out -> out.write(response(status, "Location: " + other.address() + "\r\n", GOOD)))) {
            assertFails(server, "status " + status.substring(0, 3));
            assertThat(other.connections).hasValue(0);
        }
    }

    @ParameterizedTest
    @CsvSource({"203 Another", "401 Unauthorized", "404 Not Found", "429 Too Many Requests", "500 Error"})
    void otherStatus_isNoAnswer(String status) throws Exception {
        try (Server server = new Server(out -> out.write(response(status, "", GOOD)))) {
            assertFails(server, "status " + status.substring(0, 3));
        }
    }

    @Test
    void serverThatDrips_isGivenUp() throws Exception {
        try (Server server = new Server(out -> {
            out.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".getBytes(US_ASCII));
            for (int i = 0; i < 100_000; i++) {
                out.write('{');
                out.flush();
                Thread.sleep(20);
            }
        })) {
            assertThatThrownBy(() -> client.fetch(server.address())
                            .orTimeout(30, TimeUnit.SECONDS)
                            .join())
                    .hasMessageContaining("no whole answer in 5 s");
            assertThat(server.left.await(30, TimeUnit.SECONDS))
                    .as("the client hung up")
                    .isTrue();
        }
    }

    @Test
    void serverThatIsSilent_isGivenUp() throws Exception {
        try (Server server = new Server(out -> Thread.sleep(60_000))) {
            assertThatThrownBy(() -> client.fetch(server.address())
                            .orTimeout(30, TimeUnit.SECONDS)
                            .join())
                    .hasMessageContaining("no whole answer in 5 s");
        }
    }

    @Test
    void serverThatIsNotThere_isAFailure() throws Exception {
        URI address;
        try (Server server = new Server(out -> {})) {
            address = server.address();
        }
        assertThatThrownBy(() ->
                        client.fetch(address).orTimeout(30, TimeUnit.SECONDS).join())
                .cause()
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no server listens there");
    }
}
