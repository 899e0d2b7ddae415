package dev.broadcaster.ops;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The files of {@code ops}, for the tests. */
public final class OpsFiles {
    public static final Path OPS = Path.of("..", "ops");

    private static final ObjectMapper YAML = YAMLMapper.builder()
            .enable(com.fasterxml.jackson.core.JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(com.fasterxml.jackson.core.JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private OpsFiles() {}

    /**
     * A rule of Prometheus.
     *
     * @param alert its name; empty for a recording rule
     * @param record the name of the recorded series; empty for an alert
     */
    record Rule(String alert, String record, String expr, JsonNode text) {}

    /**
     * A query of a dashboard.
     *
     * @param where its place: file and panel
     */
    public record Query(String where, String expr) {}

    static List<Rule> rules() {
        List<Rule> rules = new ArrayList<>();
        for (Path file : files(OPS.resolve("prometheus/rules"), ".yml")) {
            for (JsonNode group : yaml(file).get("groups")) {
                for (JsonNode rule : group.get("rules")) {
                    rules.add(new Rule(
                            rule.path("alert").asText(),
                            rule.path("record").asText(),
                            rule.get("expr").asText(),
                            rule));
                }
            }
        }
        return rules;
    }

    static List<Path> dashboards() {
        return files(OPS.resolve("grafana/dashboards"), ".json");
    }

    /** The panels of a dashboard that show data. */
    static List<JsonNode> panels(JsonNode dashboard) {
        List<JsonNode> panels = new ArrayList<>();
        for (JsonNode panel : dashboard.get("panels")) {
            if (!panel.get("type").asText().equals("row")) {
                panels.add(panel);
            }
        }
        return panels;
    }

    /** The queries of all panels of all dashboards. */
    public static List<Query> queries() {
        List<Query> queries = new ArrayList<>();
        for (Path file : dashboards()) {
            for (JsonNode panel : panels(json(file))) {
                for (JsonNode target : panel.get("targets")) {
                    queries.add(new Query(
                            file.getFileName() + ": " + panel.get("title").asText(),
                            target.get("expr").asText()));
                }
            }
        }
        return queries;
    }

    static JsonNode yaml(Path file) {
        return read(YAML, file);
    }

    /** The documents of a file that has several. */
    static List<JsonNode> documents(Path file) {
        try (MappingIterator<JsonNode> all = YAML.readerFor(JsonNode.class).readValues(Files.readString(file))) {
            return all.readAll().stream().filter(document -> !document.isNull()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    static JsonNode json(Path file) {
        return read(JSON, file);
    }

    private static JsonNode read(ObjectMapper mapper, Path file) {
        try {
            return mapper.readTree(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    static List<Path> files(Path directory, String suffix) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
