package dev.broadcaster.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.broadcaster.auth.keys.SigningKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** The key set of an identity provider, over HTTP. Any thread. */
public final class KeySetSite implements AutoCloseable {
    public static final String ISSUER = "https://id.example.com";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicInteger requests = new AtomicInteger();
    private volatile byte[] set = {};
    private volatile CountDownLatch open = new CountDownLatch(0);

    public KeySetSite(SigningKey... keys) {
        publish(keys);
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        server.setExecutor(threads);
        server.createContext("/jwks.json", this::answer);
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        requests.incrementAndGet();
        byte[] body = set;
        try (exchange) {
            open.await();
            exchange.sendResponseHeaders(body.length == 0 ? 500 : 200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Sets the keys of the set; without any, the server fails. */
    public void publish(SigningKey... keys) {
        set = keys.length == 0
                ? new byte[0]
                : SigningKey.set(Arrays.stream(keys).map(SigningKey::jwk).toArray(String[]::new))
                        .getBytes(UTF_8);
    }

    /** Makes later answers wait. */
    public void hold() {
        open = new CountDownLatch(1);
    }

    public void release() {
        open.countDown();
    }

    public int requests() {
        return requests.get();
    }

    /** The value of JWT_ISSUERS. */
    public String issuers() {
        return ISSUER + "=http://127.0.0.1:" + server.getAddress().getPort() + "/jwks.json";
    }

    @Override
    public void close() {
        release();
        server.stop(0);
        threads.shutdownNow();
    }
}
