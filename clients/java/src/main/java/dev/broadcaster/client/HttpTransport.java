package dev.broadcaster.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** WebSockets of {@code java.net.http}. */
public final class HttpTransport implements Transport {
    /** The time that a client waits. A handshake that it abandons earlier cannot be ended before. */
    private static final Duration HANDSHAKE = Duration.ofSeconds(10);

    private final HttpClient http;
    /** Sockets whose handshake has succeeded, and whose connection exists. */
    private final AtomicInteger open = new AtomicInteger();

    /** Sockets of an HTTP client, with its proxy, its TLS and its threads. */
    public HttpTransport(HttpClient http) {
        this.http = http;
    }

    /** Sockets of an HTTP client that all clients of the process share. */
    public static HttpTransport shared() {
        return Shared.TRANSPORT;
    }

    static HttpClient sharedHttp() {
        return Shared.HTTP;
    }

    private static final class Shared {
        static final HttpClient HTTP = HttpClient.newBuilder()
                .executor(SharedThreads.EXECUTOR)
                .connectTimeout(Duration.ofSeconds(10))
                .build();
        static final HttpTransport TRANSPORT = new HttpTransport(HTTP);
    }

    @Override
    public Transport.Socket open(URI uri, Transport.Listener listener) {
        var socket = new HttpSocket(listener, open);
        http.newWebSocketBuilder()
                .connectTimeout(HANDSHAKE)
                .buildAsync(uri, socket)
                .exceptionally(error -> socket.onHandshakeFailed(error));
        return socket;
    }

    /** The number of open sockets. */
    int open() {
        return open.get();
    }
}
