package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs every conversation of asyncapi.json with a node, and compares the messages of the node with the document. */
@Timeout(60)
@Tag("black-box")
final class AsyncApiConversationsTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    /** An example and the message that it belongs to. */
    record Example(String message, JsonNode payload) {}

    record Conversation(ApiDocument document, JsonNode json) {
        @Override
        public String toString() {
            return json.get("name").textValue();
        }
    }

    static List<Conversation> conversations() throws IOException {
        ApiDocument document = ApiDocument.asyncApi();
        List<Conversation> conversations = new ArrayList<>();
        document.root.get("x-conversations").forEach(json -> conversations.add(new Conversation(document, json)));
        return conversations;
    }

    @ParameterizedTest
    @MethodSource("conversations")
    void node_behavesAsDocumented(Conversation conversation) throws Exception {
        Map<String, String> settings = new HashMap<>();
        conversation
                .json()
                .path("settings")
                .properties()
                .forEach(setting ->
                        settings.put(setting.getKey(), setting.getValue().textValue()));
        Map<String, Example> examples = examples(conversation.document());
        JsonNode steps = conversation.json().get("steps");
        List<WebSocket> others = new ArrayList<>();
        try (TestNode node = TestNode.start(settings)) {
            for (int i = 0; i < steps.get(0).path("otherConnections").asInt(0); i++) {
                Client other = new Client();
                WebSocket otherSocket = CLIENT.newWebSocketBuilder()
                        .buildAsync(node.websocket(), other)
                        .join();
                others.add(otherSocket);
                String sent = steps.get(0).get("send").textValue();
                otherSocket
                        .sendText(examples.get(sent).payload().toString(), true)
                        .join();
                assertThat(other.messages.poll(10, TimeUnit.SECONDS))
                        .as("the answer to " + sent)
                        .isNotNull();
            }
            Client client = new Client();
            WebSocket socket = CLIENT.newWebSocketBuilder()
                    .buildAsync(node.websocket(), client)
                    .join();
            for (JsonNode step : steps) {
                play(step, conversation.document(), examples, node, socket, client);
            }
            assertThat(client.messages).as("what was not expected").isEmpty();
            socket.abort();
        } finally {
            others.forEach(WebSocket::abort);
        }
    }

    private static void play(
            JsonNode step,
            ApiDocument document,
            Map<String, Example> examples,
            TestNode node,
            WebSocket socket,
            Client client)
            throws Exception {
        String kind = step.fieldNames().next();
        JsonNode value = step.get(kind);
        switch (kind) {
            case "client" -> {
                JsonNode payload = examples.get(value.textValue()).payload().deepCopy();
                if (step.has("after")) {
                    String id = client.ids.get(step.get("after").textValue());
                    ((ObjectNode) payload.get("params")).put("lastSeenMessageId", id);
                }
                socket.sendText(payload.toString(), true).join();
            }
            case "clientText" -> socket.sendText(value.textValue(), true).join();
            case "clientTextBytes" ->
                socket.sendText("x".repeat(value.intValue()), true).join();
            case "clientTextTimes" -> {
                for (int i = 0; i < value.intValue() && !client.closed.isDone(); i++) {
                    // The node may have closed meanwhile.
                    socket.sendText(step.get("text").textValue(), true)
                            .exceptionally(gone -> socket)
                            .join();
                }
            }
            case "clientClose" -> socket.sendClose(value.intValue(), "").join();
            case "otherConnections" -> assertThat(value.intValue()).isPositive();
            case "drain" -> node.gateway().drain();
            case "node" -> {
                Example example = examples.get(value.textValue());
                String text = client.messages.poll(10, TimeUnit.SECONDS);
                assertThat(text).as("%s, or the close %s", value, client.closed).isNotNull();
                JsonNode message = ApiDocument.MAPPER.readTree(text);
                document.assertValid(message, "/components/messages/" + example.message() + "/payload");
                ApiDocument.assertAlike(message, example.payload());
                client.ids.put(
                        value.textValue(),
                        message.at("/result/lastMessageId")
                                .asText(message.at("/params/id").asText()));
            }
            case "closed" -> {
                String close = client.closed.get(10, TimeUnit.SECONDS);
                assertThat(close).matches(value.intValue() + ".+");
            }
            default -> throw new IllegalArgumentException(step.toString());
        }
    }

    private static Map<String, Example> examples(ApiDocument document) {
        Map<String, Example> examples = new HashMap<>();
        document.root
                .at("/components/messages")
                .properties()
                .forEach(message -> message.getValue()
                        .get("examples")
                        .forEach(example -> assertThat(examples.put(
                                        example.get("name").textValue(),
                                        new Example(message.getKey(), example.get("payload"))))
                                .as("another example called %s", example.get("name"))
                                .isNull()));
        return examples;
    }

    /** Collects the messages of the node. */
    private static final class Client implements WebSocket.Listener {
        final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
        /** The received ids of broadcasts, and positions, by the names of their examples. */
        final Map<String, String> ids = new HashMap<>();

        /** Code and reason, separated by a space. */
        final CompletableFuture<String> closed = new CompletableFuture<>();

        private final StringBuilder fragments = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            fragments.append(data);
            if (last) {
                messages.add(fragments.toString());
                fragments.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            closed.complete(code + " " + reason);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable failure) {
            closed.completeExceptionally(failure);
        }
    }
}
