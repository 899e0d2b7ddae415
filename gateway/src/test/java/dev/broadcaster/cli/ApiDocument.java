package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** One of the two API documents, and the schemas in it. */
final class ApiDocument {
    static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Set<String> VARIABLE = Set.of(
            "id",
            "createTime",
            "timestamp",
            "subscriptionId",
            "connectionId",
            "lastMessageId",
            "expiresAt",
            "expiresIn",
            "pingInterval",
            "message",
            "reason");

    final JsonNode root;
    private final String address;
    private final JsonSchemaFactory schemas;

    private ApiDocument(String name) throws IOException {
        String text = resource("/dev/broadcaster/http/" + name);
        root = MAPPER.readTree(text);
        address = "https://test.invalid/" + name;
        schemas = JsonSchemaFactory.getInstance(
                SpecVersion.VersionFlag.V202012,
                builder -> builder.schemaLoaders(loaders -> loaders.schemas(Map.of(address, text))));
    }

    static ApiDocument openApi() throws IOException {
        return new ApiDocument("openapi.json");
    }

    static ApiDocument asyncApi() throws IOException {
        return new ApiDocument("asyncapi.json");
    }

    static String resource(String path) throws IOException {
        try (InputStream in = ApiDocument.class.getResourceAsStream(path)) {
            assertThat(in).as("resource %s", path).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** The violations of the format of the document; empty if there are none. */
    Set<ValidationMessage> violations(String officialSchema, SpecVersion.VersionFlag version) throws IOException {
        JsonSchema schema = JsonSchemaFactory.getInstance(version).getSchema(resource(officialSchema));
        return schema.validate(root);
    }

    /** Checks {@code value} against the schema at {@code pointer} in the document. */
    void assertValid(JsonNode value, String pointer) {
        assertThat(root.at(pointer).isMissingNode())
                .as("%s in the document", pointer)
                .isFalse();
        JsonSchema schema = schemas.getSchema(SchemaLocation.of(address + "#" + pointer));
        assertThat(schema.validate(value)).as("%s against %s", value, pointer).isEmpty();
    }

    /** One step of a JSON pointer (RFC 6901). */
    static String step(String name) {
        return "/" + name.replace("~", "~0").replace("/", "~1");
    }

    /**
     * Checks that {@code actual} equals {@code documented}, except for ids, times and texts, which only have to be
     * present.
     */
    static void assertAlike(JsonNode actual, JsonNode documented) {
        assertThat(normalised(actual)).isEqualTo(normalised(documented));
    }

    private static JsonNode normalised(JsonNode node) {
        if (node.isObject()) {
            var copy = MAPPER.createObjectNode();
            Set<String> names = new TreeSet<>();
            node.fieldNames().forEachRemaining(names::add);
            for (String name : names) {
                JsonNode value = node.get(name);
                boolean variable = VARIABLE.contains(name)
                        && (value.isNumber()
                                || (value.isTextual() && !value.textValue().isEmpty()));
                copy.set(name, variable ? MAPPER.valueToTree("<" + name + ">") : normalised(value));
            }
            return copy;
        }
        if (node.isArray()) {
            var copy = MAPPER.createArrayNode();
            node.forEach(element -> copy.add(normalised(element)));
            return copy;
        }
        return node;
    }
}
