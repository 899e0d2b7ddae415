package dev.broadcaster.protocol;

import dev.broadcaster.message.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the responses of the node (PROTOCOL sections 2, 3 and 6), as UTF-8 JSON. Safe from any thread. */
public final class Responses {
    private Responses() {}

    /** A response to the request {@code id}; {@code result} is a JSON object. */
    public static byte[] result(byte[] id, byte[] result) {
        return new JsonWriter(32 + id.length + result.length)
                .ascii("{\"requestId\":")
                .raw(id)
                .ascii(",\"result\":")
                .raw(result)
                .ascii("}")
                .toBytes();
    }

    /** An error response; without {@code requestId} when {@code id} is null. */
    public static byte[] error(byte @Nullable [] id, ErrorCode code, String message) {
        JsonWriter json = new JsonWriter(96 + message.length()).ascii("{");
        if (id != null) {
            json.ascii("\"requestId\":").raw(id).ascii(",");
        }
        return json.ascii("\"error\":")
                .raw(errorObject(code, message))
                .ascii("}")
                .toBytes();
    }

    /** The body of a REST error. */
    public static byte[] errorBody(ErrorCode code, String message) {
        return error(null, code, message);
    }

    /** {@code {"success":true}}. */
    public static byte[] success() {
        return new JsonWriter(16).ascii("{\"success\":true}").toBytes();
    }

    /**
     * The result of {@code auth} with {@code hello} (PROTOCOL section 10).
     *
     * @param expiresInMillis the time until the token's {@code exp}
     * @param pingIntervalMillis the time between pings
     * @param maxMessageBytes the largest accepted message; 0 = no limit
     * @param maxSubscriptions of one connection; 0 = no limit
     */
    public static byte[] greeted(
            String connectionId,
            long expiresInMillis,
            long pingIntervalMillis,
            int maxMessageBytes,
            int maxSubscriptions) {
        return new JsonWriter(288)
                .ascii("{\"success\":true,\"hello\":{\"connectionId\":\"")
                .ascii(connectionId)
                .ascii("\",\"expiresIn\":")
                .ascii(Long.toString(expiresInMillis))
                .ascii(",\"pingInterval\":")
                .ascii(Long.toString(pingIntervalMillis))
                .ascii(",\"maxMessageBytes\":")
                .ascii(Integer.toString(maxMessageBytes))
                .ascii(",\"maxSubscriptions\":")
                .ascii(Integer.toString(maxSubscriptions))
                .ascii(",\"features\":[\"position\",\"last\",\"idempotency\",\"parallel\",\"keepalive\"]}}")
                .toBytes();
    }

    /** The result of {@code refresh}; {@code expiresInMillis} is the time until {@code expiresAt}. */
    public static byte[] refreshed(String expiresAt, long expiresInMillis) {
        return new JsonWriter(96)
                .ascii("{\"success\":true,\"expiresAt\":\"")
                .ascii(expiresAt)
                .ascii("\",\"expiresIn\":")
                .ascii(Long.toString(expiresInMillis))
                .ascii("}")
                .toBytes();
    }

    /** The result of {@code heartbeat}. */
    public static byte[] timestamp(String timestamp) {
        return new JsonWriter(48)
                .ascii("{\"timestamp\":\"")
                .ascii(timestamp)
                .ascii("\"}")
                .toBytes();
    }

    /**
     * The result of {@code subscribe}, without the values that are null.
     *
     * @param historyRecovered true if a requested recovery is complete; null if none was requested
     * @param recoveredMessages the number of replayed messages, after a replay
     * @param lastMessageId the position, if the client requested it, in a channel with a history
     */
    public static byte[] subscribed(
            String subscriptionId,
            String timestamp,
            @Nullable Boolean historyRecovered,
            @Nullable Integer recoveredMessages,
            @Nullable String lastMessageId) {
        JsonWriter json = new JsonWriter(192)
                .ascii("{\"subscriptionId\":\"")
                .ascii(subscriptionId)
                .ascii("\",\"timestamp\":\"")
                .ascii(timestamp)
                .ascii("\"");
        if (historyRecovered != null) {
            json.ascii(historyRecovered ? ",\"historyRecovered\":true" : ",\"historyRecovered\":false");
        }
        if (recoveredMessages != null) {
            json.ascii(",\"recoveredMessages\":").ascii(recoveredMessages.toString());
        }
        if (lastMessageId != null) {
            json.ascii(",\"lastMessageId\":\"").ascii(lastMessageId).ascii("\"");
        }
        return json.ascii("}").toBytes();
    }

    /** The result of {@code publish}, which is also the body of the REST response. */
    public static byte[] published(String id, String createTime) {
        return new JsonWriter(96)
                .ascii("{\"id\":\"")
                .ascii(id)
                .ascii("\",\"createTime\":\"")
                .ascii(createTime)
                .ascii("\"}")
                .toBytes();
    }

    /** The body of a batch response: for each message the bytes of {@link #published} or {@link #errorBody}. */
    public static byte[] batch(List<byte[]> results) {
        JsonWriter json = new JsonWriter(32 + results.size() * 96).ascii("{\"results\":[");
        for (int i = 0; i < results.size(); i++) {
            json.ascii(i == 0 ? "" : ",").raw(results.get(i));
        }
        return json.ascii("]}").toBytes();
    }

    /**
     * The body of a history.
     *
     * @param recovered true if {@code messages} follow the given position without a gap
     * @param more true if more messages follow
     */
    public static byte[] history(boolean recovered, List<Message> messages, boolean more) {
        JsonWriter json = new JsonWriter(64 + messages.size() * 256)
                .ascii("{\"historyRecovered\":")
                .ascii(Boolean.toString(recovered))
                .ascii(",\"messages\":[");
        for (int i = 0; i < messages.size(); i++) {
            Message message = messages.get(i);
            json.ascii(i == 0 ? "{\"id\":\"" : ",{\"id\":\"")
                    .ascii(message.id())
                    .ascii("\"");
            EncodedBroadcast.fields(json, message);
        }
        return json.ascii("],\"more\":")
                .ascii(Boolean.toString(more))
                .ascii("}")
                .toBytes();
    }

    /** The notification that the node has ended a subscription. */
    public static byte[] unsubscribed(String channel, String reason) {
        return new JsonWriter(128)
                .ascii("{\"method\":\"unsubscribed\",\"params\":{\"channel\":")
                .string(channel)
                .ascii(",\"reason\":")
                .string(reason)
                .ascii("}}")
                .toBytes();
    }

    /** The body of {@code /ready}; {@code reason} is null when ready. */
    public static byte[] readiness(@Nullable String reason) {
        JsonWriter json = new JsonWriter(64).ascii(reason == null ? "{\"ready\":true" : "{\"ready\":false");
        if (reason != null) {
            json.ascii(",\"reason\":").string(reason);
        }
        return json.ascii("}").toBytes();
    }

    private static byte[] errorObject(ErrorCode code, String message) {
        return new JsonWriter(64 + message.length())
                .ascii("{\"code\":\"")
                .ascii(code.wireName())
                .ascii("\",\"message\":")
                .string(message)
                .ascii("}")
                .toBytes();
    }
}
