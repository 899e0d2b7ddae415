package dev.broadcaster.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.broadcaster.GatewayConfig;
import dev.broadcaster.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The Helm chart makes the objects of {@code ops/kubernetes}. {@code ops/helm/check --write} renders the chart into
 * {@code ops/helm/rendered}, with checksums of what it was made of, so that these tests need no helm.
 */
class HelmChartTest {
    private static final Path HELM = OpsFiles.OPS.resolve("helm");
    private static final Path RENDERED = HELM.resolve("rendered");

    static Stream<Path> rendered() {
        return OpsFiles.files(RENDERED, ".yaml").stream();
    }

    /** A misspelt setting would only stop the pods, after the chart was installed. */
    @Test
    void schema_allowsTheSettingsOfTheNode_butThoseOfTheChart() throws Exception {
        JsonNode schema = new ObjectMapper()
                .readTree(HELM.resolve("broadcaster/values.schema.json").toFile());
        Set<String> allowed = new HashSet<>();
        schema.at("/properties/settings/propertyNames/enum").forEach(name -> allowed.add(name.asText()));

        Set<String> expected = new HashSet<>();
        Stream.of(Setting.values()).forEach(setting -> expected.add(setting.name()));
        expected.removeAll(Set.of("HOST", "PORT", "MANAGEMENT_HOST", "MANAGEMENT_PORT", "REDIS_URL"));
        expected.removeAll(Set.of("JWT_SECRET", "JWT_SECRET_FILE", "API_KEYS", "API_KEYS_FILE"));
        assertThat(allowed).isEqualTo(expected);
    }

    @Test
    void rendered_isMadeOfTheseFiles() throws Exception {
        Map<String, String> sums = new TreeMap<>();
        for (String line : Files.readAllLines(RENDERED.resolve("SHA256SUMS"))) {
            sums.put(line.substring(66), line.substring(0, 64));
        }
        Map<String, String> files = new TreeMap<>();
        for (String folder : List.of("broadcaster", "examples")) {
            // Without the linked rules and dashboards: nothing of them is in the rendered files.
            try (Stream<Path> all = Files.walk(HELM.resolve(folder))) {
                for (Path file : all.filter(Files::isRegularFile).toList()) {
                    byte[] sum = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
                    files.put(
                            HELM.relativize(file).toString().replace('\\', '/'),
                            HexFormat.of().formatHex(sum));
                }
            }
        }

        assertThat(files).hasSizeGreaterThan(15);
        assertThat(sums).as("run ops/helm/check --write").isEqualTo(files);
    }

    @Test
    void chart_makesTheObjectsOfKustomize() {
        Map<String, JsonNode> expected = new TreeMap<>();
        for (Path file : OpsFiles.files(OpsFiles.OPS.resolve("kubernetes/base"), ".yaml")) {
            if (!file.endsWith("kustomization.yaml")) {
                JsonNode object = OpsFiles.yaml(file);
                expected.put(name(object), comparable(object));
            }
        }
        Map<String, JsonNode> made = new TreeMap<>();
        for (JsonNode object : OpsFiles.documents(RENDERED.resolve("default.yaml"))) {
            made.put(name(object), comparable(object));
        }

        assertThat(made.keySet()).hasSize(8).isEqualTo(expected.keySet());
        made.forEach((name, object) -> assertThat(object.toPrettyString())
                .as(name)
                .isEqualTo(expected.get(name).toPrettyString()));
    }

    @ParameterizedTest
    @MethodSource("rendered")
    void objects_areValidForTheirKinds(Path file) {
        List<JsonNode> objects = OpsFiles.documents(file);
        assertThat(objects).hasSizeGreaterThan(5);
        for (JsonNode object : objects) {
            String kind =
                    object.get("apiVersion").asText() + "/" + object.get("kind").asText();
            if (!kind.equals("cloud.google.com/v1/BackendConfig")) {
                assertThat(KubernetesTest.KINDS).containsKey(kind);
                KubernetesTest.bind(object, KubernetesTest.KINDS.get(kind));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("rendered")
    void environment_startsANode(Path file) throws Exception {
        JsonNode deployment = OpsFiles.documents(file).stream()
                .filter(object -> object.get("kind").asText().equals("Deployment"))
                .findFirst()
                .orElseThrow();
        Map<String, String> settings = new HashMap<>();
        for (JsonNode variable : deployment.at("/spec/template/spec/containers/0/env")) {
            settings.put(variable.get("name").asText(), variable.path("value").asText("redis://redis:6379"));
        }
        assertThat(Stream.of(Setting.values()).map(Setting::name)).containsAll(settings.keySet());
        settings.remove("JWT_SECRET_FILE");
        settings.remove("API_KEYS_FILE");
        settings.put("JWT_SECRET", "x".repeat(32));
        settings.put("API_KEYS", "key");

        assertThat(GatewayConfig.parse(settings).http().managementHost()).isEqualTo("0.0.0.0");
    }

    @Test
    void versions_areEqual() throws IOException {
        JsonNode chart = OpsFiles.yaml(HELM.resolve("broadcaster/Chart.yaml"));

        assertThat(Files.readString(Path.of("..", "pom.xml")))
                .containsPattern("<version>" + chart.get("appVersion").asText() + "(-SNAPSHOT)?</version>");
    }

    private static String name(JsonNode object) {
        return object.get("kind").asText() + " " + object.at("/metadata/name").asText();
    }

    /** The object without what a release adds: labels of Helm, and the version of the image; fields in one order. */
    private static JsonNode comparable(JsonNode node) {
        if (node instanceof ObjectNode object) {
            ObjectNode sorted = object.objectNode();
            List<String> names = new ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            names.sort(Comparator.naturalOrder());
            for (String name : names) {
                if (!isOfHelm(name)) {
                    sorted.set(name, comparable(object.get(name)));
                }
            }
            if (sorted.has("image")) {
                sorted.put("image", sorted.get("image").asText().replaceAll(":.*", ""));
            }
            return sorted;
        }
        if (node instanceof ArrayNode array) {
            List<JsonNode> elements = new ArrayList<>();
            array.forEach(element -> elements.add(comparable(element)));
            if (!elements.isEmpty() && elements.stream().allMatch(element -> element.has("name"))) {
                elements.sort(
                        Comparator.comparing(element -> element.get("name").asText()));
            }
            return array.arrayNode().addAll(elements);
        }
        return node;
    }

    private static boolean isOfHelm(String label) {
        return label.equals("app.kubernetes.io/instance")
                || label.equals("app.kubernetes.io/version")
                || label.equals("app.kubernetes.io/managed-by")
                || label.equals("helm.sh/chart");
    }
}
