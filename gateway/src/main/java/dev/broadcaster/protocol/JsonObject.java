package dev.broadcaster.protocol;

import com.fasterxml.jackson.core.JsonToken;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a small JSON object completely. Not for requests. */
public final class JsonObject {
    private JsonObject() {}

    /**
     * The members of the object in {@code bytes}: strings, {@link Double}, {@link Boolean}, null, lists and maps of
     * these.
     *
     * @throws MalformedJsonException if it is not one JSON object in valid UTF-8, or an object has a repeated name, or
     *     it is nested more than 64 deep
     */
    public static Map<String, @Nullable Object> parse(byte[] bytes) throws MalformedJsonException {
        if (!Utf8.isValid(bytes, 0, bytes.length)) {
            throw new MalformedJsonException("not JSON: not UTF-8");
        }
        try (JsonReader json = new JsonReader(bytes, 0, bytes.length)) {
            if (json.next() != JsonToken.START_OBJECT) {
                throw new MalformedJsonException("not a JSON object");
            }
            Map<String, @Nullable Object> members = members(json);
            json.end();
            return members;
        }
    }

    private static Map<String, @Nullable Object> members(JsonReader json) throws MalformedJsonException {
        Map<String, @Nullable Object> members = new HashMap<>();
        for (String name = json.nextName(); name != null; name = json.nextName()) {
            if (members.containsKey(name)) {
                throw new MalformedJsonException("a name stands twice");
            }
            members.put(name, value(json, json.next()));
        }
        return members;
    }

    private static @Nullable Object value(JsonReader json, @Nullable JsonToken token) throws MalformedJsonException {
        if (token == null) {
            throw new MalformedJsonException("not JSON");
        }
        return switch (token) {
            case VALUE_STRING -> json.string();
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> json.number();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case START_OBJECT -> members(json);
            case START_ARRAY -> elements(json);
            default -> null;
        };
    }

    private static List<@Nullable Object> elements(JsonReader json) throws MalformedJsonException {
        List<@Nullable Object> elements = new ArrayList<>();
        for (JsonToken token = json.next(); token != JsonToken.END_ARRAY; token = json.next()) {
            elements.add(value(json, token));
        }
        return elements;
    }
}
