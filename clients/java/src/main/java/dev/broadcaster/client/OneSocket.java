package dev.broadcaster.client;

import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The socket of the current attempt, one at a time. Without one, nothing is sent. Guarded by the client's lock. */
final class OneSocket {
    private final Transport transport;
    private final URI uri;
    private Transport.@Nullable Socket socket;
    /** Of the last socket. */
    private CompletionStage<?> released = CompletableFuture.completedStage(null);

    OneSocket(Transport transport, URI uri) {
        this.transport = transport;
        this.uri = uri;
    }

    /** @throws RuntimeException if the transport refuses the address */
    void open(Transport.Listener listener) {
        socket = transport.open(uri, listener);
    }

    /** True from the start of the handshake. */
    boolean isThere() {
        return socket != null;
    }

    void send(String text) {
        if (socket != null) {
            socket.send(text);
        }
    }

    /** Characters that wait to be written. */
    long waiting() {
        return socket == null ? 0 : socket.waiting();
    }

    /** Pauses or continues the reading. Returns false without a socket. */
    boolean read(boolean on) {
        if (socket != null) {
            socket.read(on);
        }
        return socket != null;
    }

    /** Releases the socket; {@code code} is the client's, or 1006 if no peer is left to answer a close frame. */
    void release(int code) {
        Transport.Socket gone = socket;
        socket = null;
        if (gone == null) {
            return;
        }
        released = gone.released();
        if (code == Backoff.ABNORMAL) {
            gone.abort();
        } else {
            gone.close(code, "");
        }
    }

    /** Completes when the last socket is released. */
    CompletionStage<?> released() {
        return released;
    }
}
