package dev.broadcaster.protocol;

import com.fasterxml.jackson.core.JsonToken;
import java.util.ArrayList;
import java.util.List;

/** Reads the bodies of the REST endpoints (PROTOCOL section 6). Safe from any thread. */
public final class PublishBody {
    /** The largest number of messages in one batch. */
    public static final int MAX_BATCH = 1000;

    private PublishBody() {}

    /**
     * The body of {@code POST /publish}, {@code bytes[from, to)}.
     *
     * @throws MalformedJsonException if it is not one JSON object in valid UTF-8
     */
    public static Params single(byte[] bytes, int from, int to) throws MalformedJsonException {
        requireText(bytes, from, to);
        try (JsonReader json = new JsonReader(bytes, from, to)) {
            if (json.next() != JsonToken.START_OBJECT) {
                throw new MalformedJsonException("the body is a JSON object");
            }
            Params params = Params.read(json);
            json.end();
            return params;
        }
    }

    /**
     * The body of {@code POST /publish/batch}: the messages in order; one that is not an object has no parameters.
     *
     * @throws MalformedJsonException if it is not {@code {"messages":[...]}} with at most {@value #MAX_BATCH} elements
     */
    public static List<Params> batch(byte[] bytes, int from, int to) throws MalformedJsonException {
        requireText(bytes, from, to);
        List<Params> messages = null;
        try (JsonReader json = new JsonReader(bytes, from, to)) {
            if (json.next() != JsonToken.START_OBJECT) {
                throw new MalformedJsonException("the body is a JSON object");
            }
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                JsonToken value = json.next();
                if (name.equals("messages") && value == JsonToken.START_ARRAY) {
                    messages = elements(json);
                }
                json.skip();
            }
            json.end();
        }
        if (messages == null) {
            throw new MalformedJsonException("messages: missing or not an array");
        }
        return messages;
    }

    private static List<Params> elements(JsonReader json) throws MalformedJsonException {
        List<Params> elements = new ArrayList<>();
        for (JsonToken token = json.next(); token != JsonToken.END_ARRAY; token = json.next()) {
            if (elements.size() == MAX_BATCH) {
                throw new MalformedJsonException("messages: too many elements (expected: <= 1000)");
            }
            elements.add(token == JsonToken.START_OBJECT ? Params.read(json) : Params.NONE);
            json.skip();
        }
        return elements;
    }

    private static void requireText(byte[] bytes, int from, int to) throws MalformedJsonException {
        if (startsWith(bytes, from, to, 0x1f, 0x8b)) {
            throw new MalformedJsonException(
                    "not JSON: compressed with gzip (expected: a body that is not compressed)");
        }
        if (startsWith(bytes, from, to, 0xfe, 0xff) || startsWith(bytes, from, to, 0xff, 0xfe)) {
            throw new MalformedJsonException("not JSON: UTF-16 (expected: UTF-8)");
        }
        if (!Utf8.isValid(bytes, from, to)) {
            throw new MalformedJsonException("not JSON: not UTF-8");
        }
    }

    private static boolean startsWith(byte[] bytes, int from, int to, int first, int second) {
        return to - from >= 2 && (bytes[from] & 0xff) == first && (bytes[from + 1] & 0xff) == second;
    }
}
