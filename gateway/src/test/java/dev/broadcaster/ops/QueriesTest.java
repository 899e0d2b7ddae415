package dev.broadcaster.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.Gateway;
import dev.broadcaster.GatewayConfig;
import dev.broadcaster.fleet.RedisServer;
import dev.broadcaster.testing.SelfSigned;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every query of every rule and dashboard, compared with the meters of a running node of a fleet. */
@Tag("fleet")
class QueriesTest {
    /** Prometheus adds these to every series that it scrapes. */
    private static final Set<String> TARGET_LABELS = Set.of("job", "instance");

    private static final Pattern SERIES = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)\\})? \\S+");
    private static final Pattern LABEL = Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"");

    /** The names of labels by the name of the metric. */
    private static final Map<String, Set<String>> METERS = new HashMap<>(Map.of("up", new TreeSet<>()));

    @BeforeAll
    static void scrape(@TempDir Path folder) throws Exception {
        SelfSigned certificate = SelfSigned.make(folder);
        Path secret = Files.writeString(folder.resolve("jwt"), "a-secret-of-the-tests-of-all-the-queries");
        Path keys = Files.writeString(folder.resolve("keys"), "key");
        try (RedisServer redis = RedisServer.start();
                Gateway gateway = Gateway.start(GatewayConfig.parse(Map.of(
                        "HOST", "127.0.0.1",
                        "PORT", "0",
                        "MANAGEMENT_PORT", "0",
                        "REDIS_URL", redis.url(),
                        "TLS_CERT", certificate.certificate().toString(),
                        "TLS_KEY", certificate.key().toString(),
                        "JWT_SECRET_FILE", secret.toString(),
                        "JWT_ISSUERS", "https://id.example.com=http://127.0.0.1:1/jwks.json",
                        "API_KEYS_FILE", keys.toString())))) {
            HttpRequest metrics = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + gateway.managementPort() + "/metrics"))
                    .build();
            await("a collection, whose meter comes with it").until(() -> {
                System.gc();
                return HttpClient.newHttpClient()
                        .send(metrics, HttpResponse.BodyHandlers.ofString())
                        .body()
                        .contains("jvm_gc_pause_seconds_sum");
            });
            HttpClient.newHttpClient()
                    .send(metrics, HttpResponse.BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .forEach(QueriesTest::add);
        }
        assertThat(METERS).containsKeys("broadcaster_ready", "broadcaster_relay_up", "jvm_memory_used_bytes");
        for (OpsFiles.Rule rule : OpsFiles.rules()) {
            if (!rule.record().isEmpty()) {
                METERS.put(rule.record(), labelsOf(rule));
            }
        }
    }

    private static void add(String line) {
        Matcher series = SERIES.matcher(line);
        assertThat(series.matches()).as(line).isTrue();
        Set<String> labels = METERS.computeIfAbsent(series.group(1), name -> new TreeSet<>());
        if (series.group(2) != null) {
            Matcher label = LABEL.matcher(series.group(2));
            while (label.find()) {
                labels.add(label.group(1));
            }
        }
    }

    /** A recording rule keeps the labels that it groups by; without grouping it keeps those of its query. */
    private static Set<String> labelsOf(OpsFiles.Rule rule) {
        Promql query = Promql.of(rule.expr());
        Set<String> labels = new TreeSet<>(query.grouping());
        if (labels.isEmpty()) {
            query.selected().keySet().forEach(metric -> labels.addAll(METERS.getOrDefault(metric, Set.of())));
        }
        return labels;
    }

    @Test
    void rules_useMetersOfTheNode() {
        List<String> problems = new ArrayList<>();
        for (OpsFiles.Rule rule : OpsFiles.rules()) {
            problems.addAll(problems(rule.alert() + rule.record(), rule.expr()));
        }

        assertThat(problems).isEmpty();
        assertThat(OpsFiles.rules()).hasSizeGreaterThan(20);
    }

    @Test
    void dashboards_useMetersOfTheNode() {
        List<String> problems = new ArrayList<>();
        for (OpsFiles.Query query : OpsFiles.queries()) {
            problems.addAll(problems(query.where(), query.expr()));
        }

        assertThat(problems).isEmpty();
        assertThat(OpsFiles.queries()).hasSizeGreaterThan(50);
    }

    @Test
    void unknownNames_areFound() {
        assertThat(problems(
                        "a", "sum by (codes) (rate(broadcaster_errors_total{kode=\"x\"}[5m])) / broadcaster_readyy"))
                .containsExactly(
                        "a: broadcaster_errors_total has no label kode",
                        "a: no meter broadcaster_readyy",
                        "a: no metric of it has the label codes");
    }

    private static List<String> problems(String where, String expr) {
        List<String> problems = new ArrayList<>();
        Promql query = Promql.of(expr);
        Set<String> known = new TreeSet<>(TARGET_LABELS);
        query.selected().forEach((metric, labels) -> {
            Set<String> its = METERS.get(metric);
            if (its == null) {
                problems.add(where + ": no meter " + metric);
                return;
            }
            known.addAll(its);
            for (String label : labels) {
                if (!its.contains(label) && !TARGET_LABELS.contains(label)) {
                    problems.add(where + ": " + metric + " has no label " + label);
                }
            }
        });
        for (String label : query.grouping()) {
            if (!known.contains(label)) {
                problems.add(where + ": no metric of it has the label " + label);
            }
        }
        return problems;
    }
}
