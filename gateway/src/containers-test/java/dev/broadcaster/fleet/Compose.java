package dev.broadcaster.fleet;

import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Tokens;
import dev.broadcaster.testing.NodeProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The fleet of {@code docker-compose.yml}, started like an operator does, on separate ports. All traffic goes to the
 * single address of HAProxy. For one thread; the port is for any.
 */
final class Compose implements TrafficTarget, AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String PROJECT = "broadcaster-test";
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final int port = RedisServer.freePort();
    private final int statisticsPort = RedisServer.freePort();
    private final int prometheusPort = RedisServer.freePort();
    private final Map<String, String> environment = new HashMap<>(Map.of(
            "BROADCASTER_IMAGE", GatewayImage.name(),
            "JWT_SECRET", Tokens.SECRET,
            "API_KEYS", NodeProcess.API_KEY,
            "DRAIN_TIMEOUT", "3s",
            "GATEWAY_MEMORY", "256m",
            "PORT", Integer.toString(port),
            "STATISTICS_PORT", Integer.toString(statisticsPort),
            "PROMETHEUS_PORT", Integer.toString(prometheusPort),
            "ALERTMANAGER_PORT", Integer.toString(RedisServer.freePort())));
    private final List<String> command;

    private Compose() {
        this.command = hasPlugin() ? List.of("docker", "compose") : List.of("docker-compose");
    }

    private static boolean hasPlugin() {
        try {
            Process version = new ProcessBuilder("docker", "compose", "version").start();
            return version.waitFor(30, TimeUnit.SECONDS) && version.exitValue() == 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * All services except Grafana, whose dashboards have separate tests; returns when HAProxy sends clients to three
     * nodes.
     */
    static Compose up() {
        Compose compose = new Compose();
        try {
            compose.run("up", "--detach", "--no-build", "redis", "gateway", "haproxy", "prometheus", "alertmanager");
            compose.awaitServers(3);
            return compose;
        } catch (RuntimeException | Error e) {
            compose.close();
            throw e;
        }
    }

    void scale(int nodes) {
        run("up", "--detach", "--no-build", "--no-recreate", "--scale", "gateway=" + nodes, "gateway");
    }

    /** The running containers of a service. */
    List<String> containers(String service) {
        return Program.docker(
                        "ps",
                        "--quiet",
                        "--filter=label=com.docker.compose.project=" + PROJECT,
                        "--filter=label=com.docker.compose.service=" + service)
                .lines()
                .toList();
    }

    /** Waits until HAProxy sends clients to this many nodes. */
    void awaitServers(int count) {
        await("nodes in service behind HAProxy").atMost(Duration.ofSeconds(60)).until(() -> servers() == count);
    }

    private long servers() {
        try {
            String csv = get(statisticsPort, "/;csv");
            return csv.lines()
                    .filter(line -> line.startsWith("gateways,gateway") && line.contains(",UP,"))
                    .count();
        } catch (IOException e) {
            return 0;
        }
    }

    /** The response of Prometheus. */
    String query(String query) throws IOException {
        return get(prometheusPort, "/api/v1/query?query=" + query);
    }

    private static String get(int port, String path) throws IOException {
        try {
            return HTTP.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                    .timeout(Duration.ofSeconds(5))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public int size() {
        return 1;
    }

    @Override
    public int port(int number) {
        return port;
    }

    @Override
    public int portInService(int preferred) {
        return port;
    }

    @Override
    public String log() {
        return run("logs", "--no-color");
    }

    private String run(String... words) {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of("--project-name", PROJECT));
        all.addAll(List.of(words));
        return Program.run(LIMIT, environment, all);
    }

    @Override
    public void close() {
        run("down", "--volumes", "--timeout", "5");
    }
}
