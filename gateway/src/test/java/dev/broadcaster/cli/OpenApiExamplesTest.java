package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Sends every example in openapi.json that has an {@code x-request} to a node, and compares the response with the
 * document.
 */
@Timeout(60)
@Tag("black-box")
final class OpenApiExamplesTest {
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static ApiDocument document;
    private static TestNode node;

    /** @param response the pointer of the documented response */
    record Example(String path, String method, int status, String response, String name, JsonNode example) {
        @Override
        public String toString() {
            return method + " " + path + " " + status + " " + name;
        }
    }

    @BeforeAll
    static void start() throws Exception {
        document = ApiDocument.openApi();
        node = TestNode.start(Map.of());
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void example_isAnsweredAsDocumented(Example example) throws Exception {
        JsonNode settings = example.example().path("x-settings");
        if (settings.isMissingNode()) {
            check(example, node);
            return;
        }
        Map<String, String> map = new HashMap<>();
        settings.properties()
                .forEach(setting -> map.put(setting.getKey(), setting.getValue().textValue()));
        try (TestNode another = TestNode.start(map)) {
            check(example, another);
        }
    }

    @Test
    void draining_isAnsweredAsDocumented() throws Exception {
        try (TestNode draining = TestNode.start(Map.of("DRAIN_TIMEOUT", "3s"))) {
            HttpRequest ready = HttpRequest.newBuilder(URI.create(draining.url() + "/ready"))
                    .build();
            // The closing of several clients, one after the other, keeps the node draining for a while.
            List<WebSocket> sockets = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                sockets.add(CLIENT.newWebSocketBuilder()
                        .buildAsync(draining.websocket(), new WebSocket.Listener() {})
                        .join());
            }
            Thread drain = new Thread(draining.gateway()::drain, "drain");
            drain.start();
            await().until(() -> send(ready).statusCode() == 503);
            assertAnswer(
                    send(ready),
                    "/paths/~1ready/get/responses/503",
                    document.root.at("/paths/~1ready/get/responses/503/content/application~1json/examples/draining"));
            JsonNode publish = document.root.at("/paths/~1publish/post/responses");
            assertAnswer(
                    send(request(
                            draining,
                            "/publish",
                            "post",
                            publish.at("/200/content/application~1json/examples/message/x-request"))),
                    "/paths/~1publish/post/responses/503",
                    publish.at("/503/content/application~1json/examples/draining"));
            JsonNode history = document.root.at("/paths/~1channels~1{channel}~1history/get/responses");
            assertAnswer(
                    send(request(
                            draining,
                            "/channels/chat:lobby/history",
                            "get",
                            history.at("/200/content/application~1json/examples/all/x-request"))),
                    "/paths/~1channels~1{channel}~1history/get/responses/503",
                    history.at("/503/content/application~1json/examples/draining"));
            sockets.forEach(WebSocket::abort);
            drain.join();
        }
    }

    static List<Example> examples() throws IOException {
        List<Example> examples = new ArrayList<>();
        ApiDocument.openApi()
                .root
                .get("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .properties()
                        .forEach(method -> method.getValue()
                                .get("responses")
                                .properties()
                                .forEach(response -> {
                                    String pointer = "/paths" + ApiDocument.step(path.getKey())
                                            + ApiDocument.step(method.getKey()) + "/responses"
                                            + ApiDocument.step(response.getKey());
                                    int status = Integer.parseInt(response.getKey());
                                    add(
                                            examples,
                                            path.getKey(),
                                            method.getKey(),
                                            status,
                                            pointer,
                                            "",
                                            response.getValue());
                                    for (JsonNode type : response.getValue().path("content")) {
                                        type.path("examples")
                                                .properties()
                                                .forEach(example -> add(
                                                        examples,
                                                        path.getKey(),
                                                        method.getKey(),
                                                        status,
                                                        pointer,
                                                        example.getKey(),
                                                        example.getValue()));
                                    }
                                })));
        return examples;
    }

    private static void add(
            List<Example> examples,
            String path,
            String method,
            int status,
            String pointer,
            String name,
            JsonNode example) {
        if (example.has("x-request")) {
            examples.add(new Example(path, method, status, pointer, name, example));
        }
    }

    private static void check(Example example, TestNode node) throws Exception {
        JsonNode before = example.example().path("x-before");
        String id = "";
        for (JsonNode each : before.isArray() ? before : List.of(before)) {
            if (!each.isMissingNode()) {
                HttpResponse<String> answer = send(request(node, path(example, each), example.method(), each));
                JsonNode published = ApiDocument.MAPPER.readTree(answer.body()).path("id");
                id = id.isEmpty() ? published.asText() : id;
            }
        }
        JsonNode description = example.example().get("x-request");
        HttpRequest request =
                request(node, path(example, description).replace("{id}", id), example.method(), description);
        HttpResponse<String> first = send(request);
        HttpResponse<String> last = first;
        for (int i = 1; i < description.path("times").asInt(1); i++) {
            last = send(request);
        }
        if (example.name().equals("repeated")) {
            assertThat(last.body()).isEqualTo(first.body());
        }
        assertThat(last.statusCode()).as(last.body()).isEqualTo(example.status());
        assertAnswer(last, example.response(), example.example());
        if (example.path().endsWith(".json")) {
            assertThat(last.body()).isEqualTo(ApiDocument.resource("/dev/broadcaster/http" + example.path()));
        }
    }

    private static String path(Example example, JsonNode description) {
        return description.path("path").asText(example.path());
    }

    private static void assertAnswer(HttpResponse<String> answer, String response, JsonNode example)
            throws IOException {
        JsonNode documented = document.root.at(response);
        for (Map.Entry<String, JsonNode> header : documented.path("headers").properties()) {
            assertThat(answer.headers().firstValue(header.getKey()))
                    .as(header.getKey())
                    .isPresent();
        }
        if (!documented.has("content")) {
            assertThat(answer.body()).isEmpty();
            return;
        }
        String type = documented.get("content").fieldNames().next();
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith(type);
        boolean json = type.equals("application/json");
        JsonNode body =
                json ? ApiDocument.MAPPER.readTree(answer.body()) : ApiDocument.MAPPER.valueToTree(answer.body());
        document.assertValid(body, response + "/content" + ApiDocument.step(type) + "/schema");
        if (example.has("value")) {
            ApiDocument.assertAlike(body, example.get("value"));
        }
    }

    private static HttpRequest request(TestNode node, String path, String method, JsonNode description) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(node.url() + path));
        description
                .path("headers")
                .properties()
                .forEach(header ->
                        request.header(header.getKey(), header.getValue().textValue()));
        String body = "";
        if (description.has("body")) {
            body = description.get("body").toString();
        } else if (description.has("text")) {
            body = description.get("text").textValue();
        } else if (description.has("bodyBytes")) {
            body = "x".repeat(description.get("bodyBytes").intValue());
        }
        String used = description.path("method").asText(method.toUpperCase(Locale.ROOT));
        if (body.isEmpty()) {
            return request.method(used, HttpRequest.BodyPublishers.noBody()).build();
        }
        return request.header("Content-Type", "application/json")
                .method(used, HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private static HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        return CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
