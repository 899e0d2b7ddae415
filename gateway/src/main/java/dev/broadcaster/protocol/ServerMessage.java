package dev.broadcaster.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A message from server to client (PROTOCOL.md, sections 2 to 4), for the command line. Values are immutable. */
public sealed interface ServerMessage {
    /** A request succeeded. {@code requestId} is 0 if it is absent or not an integer. */
    record Success(long requestId, String resultJson) implements ServerMessage {
        /** The field of {@code subscribe}; null if absent. */
        public @Nullable Boolean historyRecovered() throws IOException {
            String recovered = fields().get("historyRecovered");
            return recovered == null ? null : Boolean.valueOf(recovered);
        }

        /** The number of replayed messages that follow; null if absent. */
        public @Nullable Long recoveredMessages() throws IOException {
            Map<String, String> fields = fields();
            return fields.containsKey("recoveredMessages") ? Reader.integer(fields, "recoveredMessages") : null;
        }

        /** The position at which a subscription went live; empty if absent. */
        public String lastMessageId() throws IOException {
            return Reader.text(fields(), "lastMessageId");
        }

        /** The time between pings of the node, in milliseconds; 0 if absent. */
        public long pingIntervalMillis() throws IOException {
            String hello = fields().getOrDefault("hello", "");
            return hello.startsWith("{") ? Reader.integer(Reader.fields(hello), "pingInterval") : 0;
        }

        private Map<String, String> fields() throws IOException {
            return resultJson.startsWith("{") ? Reader.fields(resultJson) : Map.of();
        }
    }

    /** A request failed. {@code requestId} is 0 if it is absent or not an integer. */
    record Failure(long requestId, String code, String message) implements ServerMessage {}

    /** A message of a subscribed channel. {@code payloadJson} is the received text, unchanged. */
    record Broadcast(String id, long seq, String createTime, String channel, String event, String payloadJson)
            implements ServerMessage {}

    /** Any other notification. */
    record Notification(String method, String paramsJson) implements ServerMessage {}

    /**
     * Reads one message; unknown fields are ignored.
     *
     * @throws IOException if it is none of the four
     */
    static ServerMessage read(String json) throws IOException {
        Map<String, String> fields = Reader.fields(json);
        String method = fields.get("method");
        if (method != null) {
            String params = fields.getOrDefault("params", "{}");
            return method.equals("\"broadcast\"")
                    ? Reader.broadcast(params)
                    : new Notification(Reader.text(fields, "method"), params);
        }
        long requestId = Reader.integer(fields, "requestId");
        String error = fields.get("error");
        if (error != null) {
            Map<String, String> failure = Reader.fields(error);
            return new Failure(requestId, Reader.text(failure, "code"), Reader.text(failure, "message"));
        }
        String result = fields.get("result");
        if (result != null) {
            return new Success(requestId, result);
        }
        throw new IOException("no message of a server: " + json);
    }

    /** Splits an object into its fields and leaves their values unchanged. */
    final class Reader {
        private static final JsonFactory FACTORY = new JsonFactory();

        private Reader() {}

        /** The raw text of each field of the object. */
        static Map<String, String> fields(String json) throws IOException {
            Map<String, String> fields = new HashMap<>();
            try (JsonParser parser = FACTORY.createParser(json)) {
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    throw new JsonParseException(parser, "not a JSON object");
                }
                for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                    parser.nextToken();
                    int start = (int) parser.currentTokenLocation().getCharOffset();
                    parser.skipChildren();
                    parser.finishToken();
                    int end = (int) parser.currentLocation().getCharOffset();
                    fields.put(name, json.substring(start, end).strip());
                }
            }
            return fields;
        }

        static ServerMessage broadcast(String params) throws IOException {
            Map<String, String> fields = fields(params);
            return new Broadcast(
                    text(fields, "id"),
                    integer(fields, "seq"),
                    text(fields, "createTime"),
                    text(fields, "channel"),
                    text(fields, "event"),
                    fields.getOrDefault("payload", "null"));
        }

        /** The string in a field; empty if it is absent. */
        static String text(Map<String, String> fields, String name) throws IOException {
            try (JsonParser parser = FACTORY.createParser(fields.getOrDefault(name, "\"\""))) {
                return parser.nextToken() == JsonToken.VALUE_STRING ? parser.getText() : "";
            }
        }

        /** The integer in a field; 0 if it is absent. */
        static long integer(Map<String, String> fields, String name) throws IOException {
            try (JsonParser parser = FACTORY.createParser(fields.getOrDefault(name, "0"))) {
                return parser.nextToken() == JsonToken.VALUE_NUMBER_INT ? parser.getLongValue() : 0;
            }
        }
    }
}
