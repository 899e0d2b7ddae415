package dev.broadcaster.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.broadcaster.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The runbook is complete: every alert has its section, every link its target. */
class RunbookTest {
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");
    private static final Pattern LINK = Pattern.compile("\\]\\(#([^)]*)\\)");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final String URL = "ops/RUNBOOK.md#";

    /** The text of each section by its anchor. */
    private static final Map<String, String> SECTIONS = new TreeMap<>();

    private static String runbook = "";

    @BeforeAll
    static void read() throws IOException {
        runbook = Files.readString(OpsFiles.OPS.resolve("RUNBOOK.md"));
        Matcher heading = HEADING.matcher(runbook.replaceAll("(?s)```.*?```", ""));
        String text = runbook.replaceAll("(?s)```.*?```", "");
        String anchor = "";
        int begin = 0;
        while (heading.find()) {
            SECTIONS.put(anchor, text.substring(begin, heading.start()));
            anchor = heading.group(1).toLowerCase(Locale.ROOT).replace(' ', '-');
            begin = heading.end();
        }
        SECTIONS.put(anchor, text.substring(begin));
    }

    private static List<OpsFiles.Rule> alerts() {
        return OpsFiles.rules().stream().filter(rule -> !rule.alert().isEmpty()).toList();
    }

    @Test
    void alerts_haveAMeaning_andALinkToTheRunbook() {
        assertThat(alerts()).hasSizeGreaterThan(15).allSatisfy(rule -> {
            JsonNode annotations = rule.text().get("annotations");
            assertThat(annotations.path("summary").asText()).as(rule.alert()).isNotEmpty();
            assertThat(annotations.path("description").asText())
                    .as(rule.alert())
                    .endsWith(".");
            assertThat(rule.text().at("/labels/severity").asText()).isIn("critical", "warning");
            assertThat(annotations.path("runbook_url").asText())
                    .isEqualTo(URL + rule.alert().toLowerCase(Locale.ROOT));
        });
    }

    @Test
    void runbook_hasASectionForEachAlert() {
        assertThat(alerts())
                .allSatisfy(rule -> assertThat(SECTIONS.get(rule.alert().toLowerCase(Locale.ROOT)))
                        .as(rule.alert())
                        .isNotNull()
                        .contains("**Means:**", "**Users see:**", "**Do:**"));
    }

    @Test
    void runbook_hasNoSectionForAnAlertThatIsGone() {
        assertThat(SECTIONS.keySet().stream().filter(anchor -> anchor.startsWith("broadcaster")))
                .containsExactlyInAnyOrderElementsOf(alerts().stream()
                        .map(rule -> rule.alert().toLowerCase(Locale.ROOT))
                        .toList());
    }

    @Test
    void links_haveATarget() {
        List<String> links = new ArrayList<>();
        Matcher link = LINK.matcher(runbook);
        while (link.find()) {
            links.add(link.group(1));
        }

        assertThat(links)
                .hasSizeGreaterThan(10)
                .allSatisfy(anchor -> assertThat(SECTIONS).containsKey(anchor));
    }

    @Test
    void namesInCapitals_areSettings() {
        List<String> names = new ArrayList<>();
        Matcher code = CODE.matcher(runbook);
        while (code.find()) {
            if (code.group(1).matches("[A-Z]+(_[A-Z]+)+")) {
                names.add(code.group(1));
            }
        }

        assertThat(Stream.of(Setting.values()).map(Setting::name)).containsAll(names);
        assertThat(names).contains("MAX_CONNECTIONS");
    }

    /** Each alert has one test in which it fires and one in which it does not. */
    @Test
    void alerts_haveATestThatFires_andOneThatDoesNot() {
        List<String> fires = new ArrayList<>();
        List<String> silent = new ArrayList<>();
        for (JsonNode test : OpsFiles.yaml(OpsFiles.OPS.resolve("prometheus/tests/alerts_test.yml"))
                .get("tests")) {
            JsonNode expected = test.at("/alert_rule_test/0");
            (expected.get("exp_alerts").isEmpty() ? silent : fires)
                    .add(expected.get("alertname").asText());
        }

        List<String> alerts = alerts().stream().map(OpsFiles.Rule::alert).toList();
        assertThat(fires).containsExactlyInAnyOrderElementsOf(alerts);
        assertThat(silent).containsExactlyInAnyOrderElementsOf(alerts);
    }
}
