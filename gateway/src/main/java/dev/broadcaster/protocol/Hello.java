package dev.broadcaster.protocol;

import com.fasterxml.jackson.core.JsonToken;
import org.jspecify.annotations.Nullable;

/**
 * The description of a client in {@code auth} (PROTOCOL section 10).
 *
 * @param client the name and version that the client gave, 1 to 64 printable ASCII characters; null if it gave none
 * @param family the family of the client library
 * @param keepalive true if the client wants a text frame with each ping
 */
public record Hello(@Nullable String client, Family family, boolean keepalive) {
    private static final int MAX_CLIENT_LENGTH = 64;

    /** The families of client libraries: the values of a meter's label. */
    public enum Family {
        JS,
        JAVA,
        PYTHON,
        GO,
        OTHER;

        /** The family of a client such as {@code js/1.0.0}. */
        static Family of(String client) {
            int slash = client.indexOf('/');
            return switch (slash < 0 ? client : client.substring(0, slash)) {
                case "js" -> JS;
                case "java" -> JAVA;
                case "python" -> PYTHON;
                case "go" -> GO;
                default -> OTHER;
            };
        }
    }

    /** A field of the object is wrong. */
    static final class WrongException extends Exception {
        private static final long serialVersionUID = 1;

        WrongException(String message) {
            super(message);
        }
    }

    /**
     * Reads the object that starts at the reader's current token, to its end. The last value of a repeated name counts.
     */
    static Hello read(JsonReader json) throws MalformedJsonException, WrongException {
        String client = null;
        Family family = Family.OTHER;
        boolean keepalive = false;
        String clientProblem = null;
        String wantProblem = null;
        for (String name = json.nextName(); name != null; name = json.nextName()) {
            JsonToken value = json.next();
            if (name.equals("client")) {
                boolean right = value == JsonToken.VALUE_STRING && isClient(json.string());
                clientProblem = right ? null : "client: not a string of 1 to 64 printable ASCII characters";
                client = right ? json.string() : null;
                family = right ? Family.of(json.string()) : Family.OTHER;
            } else if (name.equals("want")) {
                Boolean wanted = keepalive(json, value);
                wantProblem = wanted == null ? "want: not an array of strings" : null;
                keepalive = wanted != null && wanted;
            }
            json.skip();
        }
        if (clientProblem != null || wantProblem != null) {
            throw new WrongException(String.valueOf(clientProblem != null ? clientProblem : wantProblem));
        }
        return new Hello(client, family, keepalive);
    }

    private static boolean isClient(String text) {
        return !text.isEmpty()
                && text.length() <= MAX_CLIENT_LENGTH
                && text.chars().allMatch(c -> c >= 0x20 && c <= 0x7e);
    }

    /** True if the array has {@code keepalive}; null if it is not an array of strings. */
    private static @Nullable Boolean keepalive(JsonReader json, @Nullable JsonToken value)
            throws MalformedJsonException {
        if (value != JsonToken.START_ARRAY) {
            return null;
        }
        boolean strings = true;
        boolean keepalive = false;
        for (JsonToken element = json.next(); element != JsonToken.END_ARRAY; element = json.next()) {
            strings &= element == JsonToken.VALUE_STRING;
            keepalive |= element == JsonToken.VALUE_STRING && json.string().equals("keepalive");
            json.skip();
        }
        return strings ? keepalive : null;
    }
}
