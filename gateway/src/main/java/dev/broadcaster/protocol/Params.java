package dev.broadcaster.protocol;

import com.fasterxml.jackson.core.JsonToken;
import org.jspecify.annotations.Nullable;

/**
 * The parameters that methods and publications know, as far as they are there and of the right type; everything else is
 * ignored. A name that stands twice counts as its last value. Field names are those of PROTOCOL section 3.
 *
 * @param token the JWT, or null where missing or not a string
 * @param channel the channel, not yet checked against the grammar, or null where missing or not a string
 * @param event the event as JSON string with its quotes, or null where missing, not a string, empty or too long
 * @param payload the payload as JSON text, or null where missing
 * @param lastSeenMessageId the id, {@link #NOT_A_STRING}, or null where missing
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record Params(
        @Nullable String token,
        @Nullable String channel,
        byte @Nullable [] event,
        byte @Nullable [] payload,
        @Nullable String lastSeenMessageId) {
    /** Stands for a {@code lastSeenMessageId} of a wrong type; no id of a message is empty. */
    public static final String NOT_A_STRING = "";

    public static final int MAX_EVENT_LENGTH = 256;

    static final Params NONE = new Params(null, null, null, null, null);

    /** Reads the object that begins with the reader's current token. */
    static Params read(JsonReader json) throws MalformedJsonException {
        String token = null;
        String channel = null;
        byte[] event = null;
        byte[] payload = null;
        String lastSeenMessageId = null;
        for (String name = json.nextName(); name != null; name = json.nextName()) {
            JsonToken value = json.next();
            boolean string = value == JsonToken.VALUE_STRING;
            switch (name) {
                case "token" -> token = string ? json.string() : null;
                case "channel" -> channel = string ? json.string() : null;
                case "event" -> event = string && isEvent(json.string()) ? json.raw() : null;
                case "payload" -> payload = json.raw();
                case "lastSeenMessageId" ->
                    lastSeenMessageId = string ? json.string() : value == JsonToken.VALUE_NULL ? null : NOT_A_STRING;
                default -> {}
            }
            json.skip();
        }
        return new Params(token, channel, event, payload, lastSeenMessageId);
    }

    private static boolean isEvent(String event) {
        return !event.isEmpty() && event.codePointCount(0, event.length()) <= MAX_EVENT_LENGTH;
    }
}
