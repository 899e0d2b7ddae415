package dev.broadcaster.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The dashboards as files: faults that Grafana would accept silently and show wrongly. */
class DashboardsTest {
    /** Grafana accepts any text as a unit and shows a wrong one after the number. */
    private static final Set<String> UNITS =
            Set.of("short", "s", "bytes", "Bps", "percentunit", "mps", "reqps", "cps", "bool_yes_no");

    private static final int COLUMNS = 24;

    static Stream<Path> dashboards() {
        return OpsFiles.dashboards().stream();
    }

    static Stream<JsonNode> panels() {
        return dashboards().flatMap(file -> OpsFiles.panels(OpsFiles.json(file)).stream());
    }

    @Test
    void dashboards_areComplete() {
        assertThat(dashboards().map(file -> file.getFileName().toString()))
                .containsExactly("connections.json", "delivery.json", "fleet.json", "jvm.json", "relay.json");
        assertThat(dashboards().map(file -> OpsFiles.json(file).get("uid").asText()))
                .doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void dashboard_hasVariablesForJobAndInstance(Path file) {
        List<String> names = new ArrayList<>();
        for (JsonNode variable : OpsFiles.json(file).at("/templating/list")) {
            names.add(variable.get("name").asText());
        }

        assertThat(names).containsExactly("datasource", "job", "instance");
    }

    @ParameterizedTest
    @MethodSource("panels")
    void panel_hasUnitAndDescription(JsonNode panel) {
        String title = panel.get("title").asText();

        assertThat(panel.at("/fieldConfig/defaults/unit").asText()).as(title).isIn(UNITS);
        assertThat(panel.path("description").asText()).as(title).endsWith(".").hasSizeGreaterThan(20);
        assertThat(panel.at("/datasource/uid").asText()).as(title).isEqualTo("${datasource}");
        for (JsonNode target : panel.get("targets")) {
            assertThat(target.get("expr").asText())
                    .as(title)
                    .contains("job=\"$job\"")
                    .doesNotContain("_duration_seconds_max", "quantile=");
            assertThat(target.path("legendFormat").asText()).as(title).isNotEmpty();
        }
    }

    /** Every query of rates covers the time that the step and the scrape interval require. */
    @ParameterizedTest
    @MethodSource("panels")
    void panel_looksBackByTheRateInterval(JsonNode panel) {
        for (JsonNode target : panel.get("targets")) {
            assertThat(target.get("expr")
                            .asText()
                            .replace("[$__rate_interval]", "")
                            .replace("[1h]", "")
                            .replace("[1d]", ""))
                    .as(panel.get("title").asText())
                    .doesNotContain("[");
        }
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void panels_doNotOverlap(Path file) {
        Set<Integer> ids = new HashSet<>();
        Set<String> cells = new HashSet<>();
        for (JsonNode panel : OpsFiles.json(file).get("panels")) {
            JsonNode place = panel.get("gridPos");
            assertThat(ids.add(panel.get("id").asInt()))
                    .as("id of %s", panel.get("title"))
                    .isTrue();
            int right = place.get("x").asInt() + place.get("w").asInt();
            assertThat(right).isLessThanOrEqualTo(COLUMNS);
            for (int x = place.get("x").asInt(); x < right; x++) {
                for (int y = 0; y < place.get("h").asInt(); y++) {
                    assertThat(cells.add(x + "/" + (place.get("y").asInt() + y)))
                            .as("place of %s", panel.get("title"))
                            .isTrue();
                }
            }
        }
    }

    @Test
    void provisioning_findsTheDashboards_andTheirPrometheus() {
        JsonNode provider = OpsFiles.yaml(OpsFiles.OPS.resolve("grafana/provisioning/dashboards/broadcaster.yml"));
        JsonNode source = OpsFiles.yaml(OpsFiles.OPS.resolve("grafana/provisioning/datasources/prometheus.yml"));

        assertThat(provider.at("/providers/0/options/path").asText()).isEqualTo("/etc/grafana/dashboards");
        assertThat(source.at("/datasources/0/type").asText()).isEqualTo("prometheus");
        assertThat(source.at("/datasources/0/url").asText()).isEqualTo("http://prometheus:9090");
    }
}
