package dev.broadcaster.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.broadcaster.auth.keys.SigningKey;
import dev.broadcaster.fleet.RedisServer;
import dev.broadcaster.testing.KeySetSite;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.SelfSigned;
import dev.broadcaster.testing.Tokens;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Prometheus scrapes a fleet under load: every query of every dashboard has data, every rule can be evaluated,
 * no alert fires while everything works, and the right alerts fire when Redis dies. {@code -Dops.seconds=} makes the
 * load last longer.
 */
class PrometheusIT {
    private static final Duration LOAD = Duration.ofSeconds(Long.getLong("ops.seconds", 45));

    @Test
    void fleet_isWatched(@TempDir Path directory) throws Exception {
        List<NodeProcess> nodes = new ArrayList<>();
        try (RedisServer redis = RedisServer.start();
                KeySetSite identityProvider = new KeySetSite(SigningKey.ec("secp256r1", "first"))) {
            Map<String, String> settings = settings(directory, redis.url(), identityProvider.issuers());
            for (int i = 0; i < 3; i++) {
                nodes.add(NodeProcess.start(settings, "-Xmx128m"));
            }
            SelfSigned certificate = SelfSigned.make(directory);
            Map<String, String> secure = new HashMap<>(settings);
            secure.put("TLS_CERT", certificate.certificate().toString());
            secure.put("TLS_KEY", certificate.key().toString());
            nodes.add(NodeProcess.start(secure, "-Xmx128m"));
            List<Integer> ports = nodes.stream().map(NodeProcess::managementPort).toList();
            try (PrometheusProcess prometheus = PrometheusProcess.start(directory, ports);
                    Traffic traffic = Traffic.start(nodes.subList(0, 3))) {
                Thread.sleep(LOAD.toMillis());
                assertThat(traffic.trouble()).isEmpty();
                everyQueryHasData(prometheus);
                everyRuleIsHealthy(prometheus);
                assertThat(prometheus.firing()).isEmpty();

                redis.kill9();
                await().atMost(Duration.ofSeconds(120)).untilAsserted(() -> assertThat(prometheus.firing())
                        .contains("BroadcasterRelayNotProved", "BroadcasterPublishErrors", "BroadcasterFewNodesReady")
                        .doesNotContain("BroadcasterNodeDown", "BroadcasterNoNodes", "BroadcasterRestartLoop"));
                redis.restart();
                await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(prometheus.firing())
                        .doesNotContain("BroadcasterRelayNotProved", "BroadcasterFewNodesReady"));
                System.out.printf(
                        "prometheus: %d queries with data after %d s of load, %d rules, %s publishes accepted%n",
                        OpsFiles.queries().size(),
                        LOAD.toSeconds(),
                        prometheus.rules().size(),
                        traffic.accepted());
            }
        } finally {
            nodes.forEach(NodeProcess::close);
        }
    }

    private static Map<String, String> settings(Path directory, String redisUrl, String issuers) throws Exception {
        Path secret = Files.writeString(directory.resolve("jwt"), Tokens.SECRET);
        Path keys = Files.writeString(directory.resolve("keys"), NodeProcess.API_KEY);
        return Map.of(
                "REDIS_URL", redisUrl,
                "JWT_ISSUERS", issuers,
                "JWT_SECRET", "",
                "JWT_SECRET_FILE", secret.toString(),
                "API_KEYS", "",
                "API_KEYS_FILE", keys.toString(),
                "MAX_CONNECTIONS", "10000");
    }

    private static void everyQueryHasData(PrometheusProcess prometheus) {
        List<String> empty = new ArrayList<>();
        for (OpsFiles.Query query : OpsFiles.queries()) {
            String expr = query.expr()
                    .replace("$__rate_interval", "20s")
                    .replace("$job", "broadcaster")
                    .replace("$instance", ".*");
            assertThat(expr).doesNotContain("$");
            List<Double> values = prometheus.query(expr);
            if (values.isEmpty() || values.stream().allMatch(value -> value.isNaN())) {
                empty.add(query.where() + ": " + expr);
            }
        }
        assertThat(empty).as("queries without data").isEmpty();
    }

    private static void everyRuleIsHealthy(PrometheusProcess prometheus) {
        List<JsonNode> rules = prometheus.rules();
        assertThat(rules).hasSameSizeAs(OpsFiles.rules());
        assertThat(rules).allSatisfy(rule -> assertThat(rule.get("health").asText())
                .as("%s", rule)
                .isEqualTo("ok"));
        for (JsonNode rule : rules) {
            if (rule.get("type").asText().equals("recording")) {
                assertThat(prometheus.query(rule.get("name").asText()))
                        .as("%s", rule.get("name"))
                        .isNotEmpty();
            }
        }
    }
}
