package dev.broadcaster.clients;

import dev.broadcaster.testing.Tokens;
import dev.broadcaster.Gateway;
import dev.broadcaster.GatewayConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.Map;

/** A real gateway on free ports, with the console, and a REST publisher beside it. */
final class GatewayForTest implements AutoCloseable {
    static final String API_KEY = "key/of+the=clients-tests";

    private final Gateway gateway;
    private final HttpClient http = HttpClient.newHttpClient();

    private GatewayForTest(Gateway gateway) {
        this.gateway = gateway;
    }

    static GatewayForTest start(Map<String, String> settings) throws Exception {
        Map<String, String> all = new HashMap<>(Map.of(
                "HOST", "127.0.0.1",
                "PORT", "0",
                "MANAGEMENT_PORT", "0",
                "JWT_SECRET", Tokens.SECRET,
                "API_KEYS", API_KEY + "=publish+read+control"));
        all.putAll(settings);
        return new GatewayForTest(Gateway.start(GatewayConfig.parse(all).withConsole()));
    }

    int port() {
        return gateway.port();
    }

    String console() {
        return console(gateway.port());
    }

    /** The URL of the console through another port. */
    static String console(int port) {
        return "http://127.0.0.1:" + port + "/broadcaster/console/";
    }

    String websocket() {
        return "ws://127.0.0.1:" + gateway.port() + "/broadcaster/websocket";
    }

    /** Publishes the payload unchanged, and returns when the relay has accepted it. */
    void publish(String channel, String event, String payload) {
        String body =
                """
                {"channel":"%s","event":"%s","payload":%s}""".formatted(channel, event, payload);
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + gateway.port() + "/broadcaster/publish"))
                .header("Authorization", "Bearer " + API_KEY)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new AssertionError("status: " + response.statusCode() + " (expected: 200), " + response.body());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    void drain() {
        gateway.drain();
    }

    @Override
    public void close() {
        gateway.close();
    }
}
