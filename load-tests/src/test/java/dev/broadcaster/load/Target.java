package dev.broadcaster.load;

import dev.broadcaster.process.Node;
import dev.broadcaster.process.ServerProcess;
import dev.broadcaster.process.Token;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The target of a simulation: with BROADCASTER_URL, a running node, with JWT_SECRET and API_KEY for access; else a
 * fleet of NODES nodes that it starts and stops, joined by REDIS_URL or a Redis that it starts, too.
 */
final class Target implements AutoCloseable {
    /** The directory for the logs of the started processes. */
    static final Path LOGS = Path.of(System.getProperty("broadcaster.load.logs", "target/nodes"));

    private static final Duration TOKEN_LIFETIME = Duration.ofHours(12);

    private final List<String> urls;
    private final String secret;
    private final String apiKey;
    private final List<ServerProcess> nodes = new ArrayList<>();
    private @Nullable Redis redis;

    private Target(List<String> urls, String secret, String apiKey) {
        this.urls = urls;
        this.secret = secret;
        this.apiKey = apiKey;
    }

    /** The target of the environment, or a fleet with these settings. */
    static Target open(Map<String, String> settings) {
        String url = variable("BROADCASTER_URL", "");
        if (!url.isEmpty()) {
            List<String> urls = List.of(url.replaceAll("/+(,|$)", "$1").split(","));
            return new Target(urls, variable("JWT_SECRET", null), variable("API_KEY", null));
        }
        int count = (int) Scale.number("NODES", 1);
        Target fleet = new Target(new ArrayList<>(), Node.SECRET, Node.API_KEY);
        try {
            fleet.start(count, settings);
        } catch (RuntimeException e) {
            fleet.close();
            throw e;
        }
        return fleet;
    }

    private void start(int count, Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        if (count > 1 && variable("REDIS_URL", "").isEmpty()) {
            redis = Redis.start();
            all.put("REDIS_URL", redis.url());
        }
        for (int i = 1; i <= count; i++) {
            ServerProcess node = Node.start(List.of(), all, LOGS.resolve("node-" + i + ".log"));
            nodes.add(node);
            urls.add("http://127.0.0.1:" + node.port() + Node.BASE_PATH);
        }
        System.out.println("Loading " + count + " nodes of our own: " + urls);
    }

    private static String variable(String name, @Nullable String fallback) {
        String value = System.getenv(name);
        if (value != null && !value.isBlank()) {
            return value;
        }
        if (fallback == null) {
            throw new IllegalArgumentException(name + ": not set (expected: what the node at BROADCASTER_URL takes)");
        }
        return fallback;
    }

    /** Base addresses for REST. */
    List<String> urls() {
        return urls;
    }

    /** Base addresses for WebSockets. */
    List<String> webSocketUrls() {
        return urls.stream().map(url -> url.replaceFirst("^http", "ws")).toList();
    }

    String apiKey() {
        return apiKey;
    }

    /** A token for all channels below {@code prefix}. */
    String token(String subject, String prefix) {
        return Token.mint(secret, subject, List.of(prefix + ":*"), TOKEN_LIFETIME);
    }

    @Override
    public void close() {
        nodes.forEach(ServerProcess::close);
        if (redis != null) {
            redis.close();
        }
    }
}
