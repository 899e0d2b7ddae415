package dev.broadcaster.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the bodies of the control API (PROTOCOL section 13). Safe from any thread. */
public final class ControlResponses {
    private ControlResponses() {}

    /** The outcome of {@code disconnect}. */
    public static byte[] disconnected(int connections, int nodes, boolean complete) {
        return counted("connections", connections, nodes, complete);
    }

    /** The outcome of {@code unsubscribe}. */
    public static byte[] unsubscribed(int subscriptions, int nodes, boolean complete) {
        return counted("subscriptions", subscriptions, nodes, complete);
    }

    private static byte[] counted(String what, int count, int nodes, boolean complete) {
        JsonWriter json = new JsonWriter(80)
                .ascii("{\"")
                .ascii(what)
                .ascii("\":")
                .ascii(Integer.toString(count))
                .ascii(",\"nodes\":")
                .ascii(Integer.toString(nodes));
        return end(json, complete);
    }

    /** The connections of a user. */
    public static byte[] user(String user, List<ListedConnection> connections, boolean complete) {
        JsonWriter json = new JsonWriter(64 + connections.size() * 256)
                .ascii("{\"user\":")
                .string(user)
                .ascii(",\"connections\":");
        write(json, connections);
        return end(json, complete);
    }

    /** Appends an array of connections. */
    public static void write(JsonWriter json, List<ListedConnection> connections) {
        json.ascii("[");
        for (int i = 0; i < connections.size(); i++) {
            ListedConnection connection = connections.get(i);
            json.ascii(i == 0 ? "{\"connectionId\":" : ",{\"connectionId\":")
                    .string(connection.connectionId())
                    .ascii(",\"since\":")
                    .string(connection.since())
                    .ascii(",\"client\":")
                    .string(connection.client())
                    .ascii(",\"transport\":")
                    .string(connection.transport())
                    .ascii(",\"channels\":[");
            for (int j = 0; j < connection.channels().size(); j++) {
                json.ascii(j == 0 ? "" : ",").string(connection.channels().get(j));
            }
            json.ascii("],\"subscriptions\":")
                    .ascii(Integer.toString(connection.subscriptions()))
                    .ascii("}");
        }
        json.ascii("]");
    }

    /** A page of channels. */
    public static byte[] channels(List<ListedChannel> channels, boolean more, boolean complete) {
        JsonWriter json = new JsonWriter(64 + channels.size() * 64).ascii("{\"channels\":");
        writeChannels(json, channels);
        return end(json.ascii(",\"more\":").ascii(Boolean.toString(more)), complete);
    }

    /** Appends an array of channels. */
    public static void writeChannels(JsonWriter json, List<ListedChannel> channels) {
        json.ascii("[");
        for (int i = 0; i < channels.size(); i++) {
            json.ascii(i == 0 ? "{\"channel\":" : ",{\"channel\":")
                    .string(channels.get(i).channel())
                    .ascii(",\"subscribers\":")
                    .ascii(Integer.toString(channels.get(i).subscribers()))
                    .ascii("}");
        }
        json.ascii("]");
    }

    /** A channel without a history. */
    public static byte[] channel(String channel, int subscribers, boolean complete) {
        return end(channel(channel, subscribers), complete);
    }

    /**
     * A channel with a history.
     *
     * @param size the number of kept messages
     * @param lastMessageId the position of the channel; null if it has none yet
     */
    public static byte[] channel(
            String channel, int subscribers, long size, @Nullable String lastMessageId, boolean complete) {
        JsonWriter json =
                channel(channel, subscribers).ascii(",\"history\":{\"size\":").ascii(Long.toString(size));
        json.ascii(",\"lastMessageId\":");
        if (lastMessageId == null) {
            json.ascii("null");
        } else {
            json.string(lastMessageId);
        }
        return end(json.ascii("}"), complete);
    }

    private static JsonWriter channel(String channel, int subscribers) {
        return new JsonWriter(160)
                .ascii("{\"channel\":")
                .string(channel)
                .ascii(",\"subscribers\":")
                .ascii(Integer.toString(subscribers));
    }

    private static byte[] end(JsonWriter json, boolean complete) {
        return json.ascii(",\"complete\":")
                .ascii(Boolean.toString(complete))
                .ascii("}")
                .toBytes();
    }
}
