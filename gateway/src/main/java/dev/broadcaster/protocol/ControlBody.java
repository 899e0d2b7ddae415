package dev.broadcaster.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a body of the control API (PROTOCOL section 13); others are ignored, JSON null means absent.
 *
 * @param channel not yet checked against the grammar
 * @param reason not empty; null if it is absent
 */
public record ControlBody(
        @Nullable String channel, @Nullable String reason, boolean revoke) {
    /**
     * Reads {@code bytes[0, length)}.
     *
     * @param maxReasonBytes the largest size of {@code reason} in UTF-8
     * @throws MalformedJsonException if it is not one JSON object with distinct names, or a field is wrong; the message
     *     is for the client
     */
    public static ControlBody parse(byte[] bytes, int length, int maxReasonBytes) throws MalformedJsonException {
        Map<String, @Nullable Object> fields = length == 0 ? Map.of() : JsonObject.parse(Arrays.copyOf(bytes, length));
        String reason = string(fields, "reason");
        if (reason != null && reason.getBytes(StandardCharsets.UTF_8).length > maxReasonBytes) {
            throw new MalformedJsonException("reason: too long (expected: <= " + maxReasonBytes + " bytes of UTF-8)");
        }
        Object revoke = fields.get("revoke");
        if (revoke != null && !(revoke instanceof Boolean)) {
            throw new MalformedJsonException("revoke: not true or false");
        }
        return new ControlBody(
                string(fields, "channel"),
                reason == null || reason.isEmpty() ? null : reason,
                Boolean.TRUE.equals(revoke));
    }

    private static @Nullable String string(Map<String, @Nullable Object> fields, String name)
            throws MalformedJsonException {
        Object value = fields.get(name);
        if (value != null && !(value instanceof String)) {
            throw new MalformedJsonException(name + ": not a string");
        }
        return (String) value;
    }
}
