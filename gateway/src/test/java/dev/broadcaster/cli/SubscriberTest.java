package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The reaction of the printing client to the end of its connection. */
@Timeout(10)
final class SubscriberTest {
    private static final String REFUSED =
            "{\"requestId\":2,\"error\":{\"code\":\"PermissionDenied\",\"message\":\"not yours\"}}";

    private final StringWriter err = new StringWriter();
    private final Subscriber subscriber = new Subscriber(
            new Terminal(
                    Map.of(),
                    InputStream.nullInputStream(),
                    new PrintWriter(new StringWriter(), true),
                    new PrintWriter(err, true)),
            "token",
            List.of("secret"),
            new HashMap<>(),
            false,
            0,
            false);
    private final SlowToSend socket = new SlowToSend();

    @Test
    void exitCode_isFailed_whenTheNodeAnswersTheCloseBeforeItIsKnownToBeSent() throws Exception {
        var unused = subscriber.onText(socket, REFUSED, true);
        unused = subscriber.onClose(socket, WebSocket.NORMAL_CLOSURE, "");
        socket.closeSent.complete(socket);

        assertThat(subscriber.awaitEnd()).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString().lines()).hasSize(1);
    }

    @Test
    void exitCode_isFailed_whenTheConnectionBreaksAfterTheRefusal() throws Exception {
        var unused = subscriber.onText(socket, REFUSED, true);
        subscriber.onError(socket, new IOException("reset"));

        assertThat(subscriber.awaitEnd()).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString().lines()).hasSize(1);
    }

    /** A socket whose sends complete when the test tells it to. */
    private static final class SlowToSend implements WebSocket {
        private final CompletableFuture<WebSocket> closeSent = new CompletableFuture<>();

        @Override
        public CompletableFuture<WebSocket> sendText(CharSequence data, boolean last) {
            return CompletableFuture.completedFuture(this);
        }

        @Override
        public CompletableFuture<WebSocket> sendBinary(ByteBuffer data, boolean last) {
            return CompletableFuture.completedFuture(this);
        }

        @Override
        public CompletableFuture<WebSocket> sendPing(ByteBuffer message) {
            return CompletableFuture.completedFuture(this);
        }

        @Override
        public CompletableFuture<WebSocket> sendPong(ByteBuffer message) {
            return CompletableFuture.completedFuture(this);
        }

        @Override
        public CompletableFuture<WebSocket> sendClose(int statusCode, String reason) {
            return closeSent;
        }

        @Override
        public void request(long n) {}

        @Override
        public String getSubprotocol() {
            return "";
        }

        @Override
        public boolean isOutputClosed() {
            return false;
        }

        @Override
        public boolean isInputClosed() {
            return false;
        }

        @Override
        public void abort() {}
    }
}
