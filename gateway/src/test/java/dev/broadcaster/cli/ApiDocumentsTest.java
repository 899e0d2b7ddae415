package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.SpecVersion;
import dev.broadcaster.protocol.CloseCode;
import dev.broadcaster.protocol.ErrorCode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The documents themselves. The two tests of their examples compare them with a node. */
final class ApiDocumentsTest {
    @Test
    void openApi_isOpenApi() throws Exception {
        assertThat(ApiDocument.openApi()
                        .violations("/dev/broadcaster/cli/openapi-3.1-schema.json", SpecVersion.VersionFlag.V202012))
                .isEmpty();
    }

    @Test
    void asyncApi_isAsyncApi() throws Exception {
        assertThat(ApiDocument.asyncApi()
                        .violations("/dev/broadcaster/cli/asyncapi-3.0-schema.json", SpecVersion.VersionFlag.V7))
                .isEmpty();
    }

    @Test
    void officialSchemas_canFail() throws Exception {
        ApiDocument document = ApiDocument.asyncApi();

        assertThat(document.violations("/dev/broadcaster/cli/openapi-3.1-schema.json", SpecVersion.VersionFlag.V202012))
                .isNotEmpty();
    }

    @Test
    void references_haveATarget() throws Exception {
        for (ApiDocument document : List.of(ApiDocument.openApi(), ApiDocument.asyncApi())) {
            for (JsonNode reference : document.root.findValues("$ref")) {
                assertThat(document.root.at(reference.textValue().substring(1)).isMissingNode())
                        .as(reference.textValue())
                        .isFalse();
            }
        }
    }

    @Test
    void examplesOfOpenApi_areValid() throws Exception {
        ApiDocument document = ApiDocument.openApi();
        int checked = 0;
        for (String pointer : mediaTypes(document.root.get("paths"), "/paths")) {
            for (JsonNode example : document.root.at(pointer + "/examples")) {
                document.assertValid(example.get("value"), pointer + "/schema");
                checked++;
            }
        }
        assertThat(checked).isGreaterThan(30);
    }

    @Test
    void everyResponseWithABody_hasAnExample_exceptTheDocuments() throws Exception {
        ApiDocument document = ApiDocument.openApi();

        assertThat(mediaTypes(document.root.get("paths"), "/paths"))
                .filteredOn(pointer -> document.root.at(pointer + "/examples").isEmpty())
                .allMatch(pointer ->
                        pointer.startsWith("/paths/~1openapi.json") || pointer.startsWith("/paths/~1asyncapi.json"));
    }

    @Test
    void examplesOfAsyncApi_areValid_eachAgainstItsOwnMessage() throws Exception {
        ApiDocument document = ApiDocument.asyncApi();
        for (Map.Entry<String, JsonNode> message :
                document.root.at("/components/messages").properties()) {
            JsonNode examples = message.getValue().get("examples");
            assertThat(examples).as("examples of %s", message.getKey()).isNotEmpty();
            for (JsonNode example : examples) {
                document.assertValid(example.get("payload"), "/components/messages/" + message.getKey() + "/payload");
            }
        }
    }

    @Test
    void errorCodes_areThoseOfTheCode() throws Exception {
        Set<String> codes =
                Stream.of(ErrorCode.values()).map(ErrorCode::wireName).collect(Collectors.toSet());
        for (ApiDocument document : List.of(ApiDocument.openApi(), ApiDocument.asyncApi())) {
            assertThat(texts(document.root.at("/components/schemas/Error/properties/code/enum")))
                    .isEqualTo(codes);
        }
        Set<String> shown = new HashSet<>();
        for (JsonNode example : ApiDocument.asyncApi().root.at("/components/messages/error/examples")) {
            shown.add(example.at("/payload/error/code").textValue());
        }
        assertThat(shown).as("codes that have an example").isEqualTo(codes);
    }

    @Test
    void closeCodes_areThoseOfTheCode_and1003() throws Exception {
        Set<Integer> expected =
                Stream.of(CloseCode.values()).map(CloseCode::number).collect(Collectors.toSet());
        expected.add(1003);
        Set<Integer> documented = new TreeSet<>();
        for (JsonNode code : ApiDocument.asyncApi().root.at("/channels/socket/x-close-codes")) {
            documented.add(code.get("code").intValue());
            assertThat(code.get("reason").textValue()).isNotBlank();
            assertThat(code.get("client").textValue()).matches("(stop|reconnect|get a new token).*");
        }
        assertThat(documented).isEqualTo(expected);
    }

    @Test
    void everyExampleOfAMessage_isInAConversation_orCannotBeCaused() throws Exception {
        JsonNode root = ApiDocument.asyncApi().root;
        Set<String> used = new HashSet<>();
        for (JsonNode step : root.get("x-conversations").findValues("steps")) {
            step.forEach(each -> each.forEach(name -> used.add(name.asText())));
        }
        List<String> unused = new ArrayList<>();
        for (JsonNode message : root.at("/components/messages")) {
            for (JsonNode example : message.get("examples")) {
                String name = example.get("name").textValue();
                if (!used.contains(name)) {
                    unused.add(name);
                }
            }
        }
        // A relay inside the node neither fails nor loses messages.
        assertThat(unused)
                .containsExactlyInAnyOrder("subscribeFailed", "notPublished", "outcomeUnknown", "broadcastAfterALoss");
    }

    private static Set<String> texts(JsonNode array) {
        Set<String> texts = new HashSet<>();
        array.forEach(text -> texts.add(text.textValue()));
        return texts;
    }

    /** The pointers of all objects with a schema for a content type. */
    private static List<String> mediaTypes(JsonNode node, String pointer) {
        List<String> found = new ArrayList<>();
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            String here = pointer + ApiDocument.step(field.getKey());
            if (field.getKey().equals("content")) {
                field.getValue().fieldNames().forEachRemaining(type -> found.add(here + ApiDocument.step(type)));
            } else if (field.getValue().isObject()) {
                found.addAll(mediaTypes(field.getValue(), here));
            }
        }
        return found;
    }
}
