package dev.broadcaster.ops;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.broadcaster.testing.ChildProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A real Prometheus on the loopback, with the configuration and the rules of {@code ops/prometheus}; only the nodes and
 * the intervals are those of the test. For one thread.
 */
final class PrometheusProcess implements AutoCloseable {
    private static final ObjectMapper YAML = new YAMLMapper();
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newHttpClient();
    private final Process process;
    private final Path log;
    private final URI api;

    private PrometheusProcess(Process process, Path log, int port) {
        this.process = process;
        this.log = log;
        this.api = URI.create("http://127.0.0.1:" + port + "/api/v1/");
    }

    /** Starts a Prometheus that scrapes these ports of the loopback every second; it answers when this returns. */
    static PrometheusProcess start(Path directory, List<Integer> managementPorts) throws IOException {
        Path rules = OpsFiles.OPS.resolve("prometheus/rules").toRealPath();
        ObjectNode config = (ObjectNode) OpsFiles.yaml(OpsFiles.OPS.resolve("prometheus/prometheus.yml"));
        ((ObjectNode) config.get("global"))
                .put("scrape_interval", "1s")
                .put("scrape_timeout", "1s")
                .put("evaluation_interval", "1s");
        ((ArrayNode) config.get("rule_files")).removeAll().add(rules + "/*.yml");
        ObjectNode scrape = (ObjectNode) config.at("/scrape_configs/0");
        scrape.remove("dns_sd_configs");
        ArrayNode targets = scrape.putArray("static_configs").addObject().putArray("targets");
        managementPorts.forEach(port -> targets.add("127.0.0.1:" + port));
        config.remove("alerting");
        Path file = directory.resolve("prometheus.yml");
        YAML.writeValue(file.toFile(), config);
        int port = freePort();
        Path log = directory.resolve("prometheus.log");
        Process process = ChildProcess.spawn(new ProcessBuilder(
                        "prometheus",
                        "--config.file=" + file,
                        "--storage.tsdb.path=" + directory.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port,
                        "--log.level=warn")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile()));
        PrometheusProcess started = new PrometheusProcess(process, log, port);
        await().atMost(Duration.ofSeconds(60)).until(started::isReady);
        return started;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private boolean isReady() throws IOException, InterruptedException {
        if (!process.isAlive()) {
            throw new IllegalStateException("Prometheus has ended:\n" + Files.readString(log));
        }
        try {
            return http.send(
                                    HttpRequest.newBuilder(api.resolve("/-/ready"))
                                            .build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** The current values of a query, one per series. */
    List<Double> query(String expr) {
        JsonNode answer = get("query?query=" + URLEncoder.encode(expr, StandardCharsets.UTF_8));
        if (!answer.path("status").asText().equals("success")) {
            throw new IllegalArgumentException(expr + ": " + answer);
        }
        List<Double> values = new ArrayList<>();
        for (JsonNode series : answer.at("/data/result")) {
            values.add(Double.valueOf(series.at("/value/1").asText().replace("Inf", "Infinity")));
        }
        return values;
    }

    /** All rules in Prometheus, with their health; alerts with their state. */
    List<JsonNode> rules() {
        List<JsonNode> rules = new ArrayList<>();
        for (JsonNode group : get("rules").at("/data/groups")) {
            group.get("rules").forEach(rules::add);
        }
        return rules;
    }

    /** The names of the firing alerts. */
    List<String> firing() {
        return rules().stream()
                .filter(rule -> rule.path("state").asText().equals("firing"))
                .map(rule -> rule.get("name").asText())
                .toList();
    }

    private JsonNode get(String path) {
        try {
            return JSON.readTree(http.send(
                            HttpRequest.newBuilder(api.resolve(path)).build(), HttpResponse.BodyHandlers.ofString())
                    .body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        ChildProcess.kill(process);
    }
}
