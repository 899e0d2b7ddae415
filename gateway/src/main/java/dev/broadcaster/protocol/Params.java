package dev.broadcaster.protocol;

import com.fasterxml.jackson.core.JsonToken;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of methods and publications; all others are ignored. The last value of a repeated name counts. Field
 * names are those of PROTOCOL sections 3 and 10. A parameter that is present and wrong is not absent: it has no value
 * here, and {@link #problem} returns its fault.
 *
 * @param token the JWT
 * @param channel the channel, not yet checked against the grammar
 * @param event the event as JSON string with its quotes, 1 to 256 characters
 * @param payload the payload as JSON text
 * @param lastSeenMessageId the id, any text but the empty one; empty and JSON null mean absent
 * @param position true if the client requests the position
 * @param last the number of newest messages to replay, 1 to {@value #MAX_LAST}; 0 if absent
 * @param idempotencyKey 1 to 128 printable characters
 * @param hello the description of the client
 * @param problems the faults of parameters that are present, by name; null if there are none
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
public record Params(
        @Nullable String token,
        @Nullable String channel,
        byte @Nullable [] event,
        byte @Nullable [] payload,
        @Nullable String lastSeenMessageId,
        boolean position,
        int last,
        @Nullable String idempotencyKey,
        @Nullable Hello hello,
        @Nullable Map<String, String> problems) {
    public static final int MAX_EVENT_LENGTH = 256;
    public static final int MAX_LAST = 1000;

    static final Params NONE = new Params(null, null, null, null, null, false, 0, null, null, null);

    /** The fault of the first of {@code names} that is present and wrong, as {@code name: …}; null if none is. */
    public @Nullable String problem(String... names) {
        if (problems != null) {
            for (String name : names) {
                String problem = problems.get(name);
                if (problem != null) {
                    return name + ": " + problem;
                }
            }
        }
        return null;
    }

    /** The reason why the parameter {@code name} has no value: its fault, or {@code name: missing}. */
    public String whyAbsent(String name) {
        String problem = problem(name);
        return problem == null ? name + ": missing" : problem;
    }

    /** Reads the object that starts at the reader's current token. */
    static Params read(JsonReader json) throws MalformedJsonException {
        return new Reading(json).read();
    }

    /** The parameters of one object that have been read so far. */
    private static final class Reading {
        private final JsonReader json;
        private @Nullable String token;
        private @Nullable String channel;
        private byte @Nullable [] event;
        private byte @Nullable [] payload;
        private @Nullable String lastSeenMessageId;
        private boolean position;
        private int last;
        private @Nullable String idempotencyKey;
        private @Nullable Hello hello;
        private @Nullable Map<String, String> problems;

        Reading(JsonReader json) {
            this.json = json;
        }

        Params read() throws MalformedJsonException {
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                JsonToken value = json.next();
                switch (name) {
                    case "token" -> token = string(name, value);
                    case "channel" -> channel = string(name, value);
                    case "event" -> event = event(name, value);
                    case "payload" -> payload = json.raw();
                    case "lastSeenMessageId" -> lastSeenMessageId = lastSeenMessageId(name, value);
                    case "position" -> position = flag(name, value);
                    case "last" -> last = last(name, value);
                    case "idempotencyKey" -> idempotencyKey = idempotencyKey(name, value);
                    case "hello" -> hello = hello(name, value);
                    default -> {}
                }
                json.skip();
            }
            return new Params(
                    token,
                    channel,
                    event,
                    payload,
                    lastSeenMessageId,
                    position,
                    last,
                    idempotencyKey,
                    hello,
                    problems == null || problems.isEmpty() ? null : problems);
        }

        private @Nullable String string(String name, @Nullable JsonToken value) throws MalformedJsonException {
            if (!check(name, value == JsonToken.VALUE_STRING, "not a string")) {
                return null;
            }
            return json.string();
        }

        private byte @Nullable [] event(String name, @Nullable JsonToken value) throws MalformedJsonException {
            String text = string(name, value);
            if (text == null) {
                return null;
            }
            boolean right = !text.isEmpty() && text.codePointCount(0, text.length()) <= MAX_EVENT_LENGTH;
            return check(name, right, "malformed (expected: 1 to 256 characters)") ? json.raw() : null;
        }

        private @Nullable String lastSeenMessageId(String name, @Nullable JsonToken value)
                throws MalformedJsonException {
            if (value == JsonToken.VALUE_NULL) {
                check(name, true, "");
                return null;
            }
            String id = string(name, value);
            return id == null || id.isEmpty() ? null : id;
        }

        private boolean flag(String name, @Nullable JsonToken value) {
            check(name, value == JsonToken.VALUE_TRUE || value == JsonToken.VALUE_FALSE, "not a boolean");
            return value == JsonToken.VALUE_TRUE;
        }

        private int last(String name, @Nullable JsonToken value) throws MalformedJsonException {
            if (!check(name, value == JsonToken.VALUE_NUMBER_INT, "not an integer")) {
                return 0;
            }
            double number = json.number();
            return check(name, number >= 1 && number <= MAX_LAST, "out of range (expected: 1 to 1000)")
                    ? (int) number
                    : 0;
        }

        private @Nullable String idempotencyKey(String name, @Nullable JsonToken value) throws MalformedJsonException {
            String key = string(name, value);
            return key != null
                            && check(
                                    name,
                                    Publications.isIdempotencyKey(key),
                                    "malformed (expected: 1 to 128 printable characters)")
                    ? key
                    : null;
        }

        private @Nullable Hello hello(String name, @Nullable JsonToken value) throws MalformedJsonException {
            if (!check(name, value == JsonToken.START_OBJECT, "not an object")) {
                return null;
            }
            try {
                return Hello.read(json);
            } catch (Hello.WrongException e) {
                check(name, false, String.valueOf(e.getMessage()));
                return null;
            }
        }

        /** Records that the last value of {@code name} is right, or its fault; true if it is right. */
        private boolean check(String name, boolean right, String problem) {
            if (right) {
                if (problems != null) {
                    problems.remove(name);
                }
            } else {
                if (problems == null) {
                    problems = new HashMap<>();
                }
                problems.put(name, problem);
            }
            return right;
        }
    }
}
