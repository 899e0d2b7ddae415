package dev.broadcaster.protocol;

import com.fasterxml.jackson.core.JsonToken;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads a request from the bytes of a WebSocket message (PROTOCOL section 2), in one pass; the payload is located and
 * copied, never parsed into a tree. Safe from any thread.
 */
public final class RequestScanner {
    private static final int MAX_STRING_ID_LENGTH = 64;

    private RequestScanner() {}

    /**
     * The request in {@code bytes[from, to)}, which must be valid UTF-8; the bytes may be overwritten afterwards.
     *
     * @throws MalformedJsonException if PROTOCOL section 2 requires to close the connection with 4400
     */
    public static Request scan(byte[] bytes, int from, int to) throws MalformedJsonException {
        try (JsonReader json = new JsonReader(bytes, from, to)) {
            if (json.next() != JsonToken.START_OBJECT) {
                throw new MalformedJsonException("a request is a JSON object");
            }
            byte[] id = null;
            String method = "";
            Params params = Params.NONE;
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                JsonToken value = json.next();
                switch (name) {
                    case "id" -> id = id(json, value);
                    case "method" -> method = method(json, value);
                    case "params" -> params = value == JsonToken.START_OBJECT ? Params.read(json) : Params.NONE;
                    default -> {}
                }
                json.skip();
            }
            json.end();
            return new Request(id, method, params, to - from);
        }
    }

    private static String method(JsonReader json, @Nullable JsonToken value) throws MalformedJsonException {
        if (value != JsonToken.VALUE_STRING) {
            throw new MalformedJsonException("method is not a string");
        }
        return json.string();
    }

    private static byte @Nullable [] id(JsonReader json, @Nullable JsonToken value) throws MalformedJsonException {
        if (value == JsonToken.VALUE_NULL) {
            return null;
        }
        if (value == JsonToken.VALUE_NUMBER_INT) {
            return integerId(json);
        }
        if (value == JsonToken.VALUE_STRING) {
            String text = json.string();
            if (!text.isEmpty() && text.codePointCount(0, text.length()) <= MAX_STRING_ID_LENGTH) {
                return json.raw();
            }
        }
        throw new MalformedJsonException("id is neither a 64-bit integer nor a string of 1 to 64 characters");
    }

    private static byte @Nullable [] integerId(JsonReader json) throws MalformedJsonException {
        byte[] digits = json.raw();
        long number;
        try {
            number = Long.parseLong(new String(digits, StandardCharsets.ISO_8859_1));
        } catch (NumberFormatException e) {
            throw new MalformedJsonException("id is not in the signed 64-bit range");
        }
        return number == 0 ? null : digits;
    }
}
