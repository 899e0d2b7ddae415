package dev.broadcaster.redis.wire;

import dev.broadcaster.auth.Revocation;
import dev.broadcaster.control.Answer;
import dev.broadcaster.control.Question;
import dev.broadcaster.protocol.ControlResponses;
import dev.broadcaster.protocol.JsonObject;
import dev.broadcaster.protocol.JsonWriter;
import dev.broadcaster.protocol.ListedChannel;
import dev.broadcaster.protocol.ListedConnection;
import dev.broadcaster.protocol.MalformedJsonException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The messages of nodes to each other, as JSON: {@code {"call":…,"from":…,"ask":…}} to all, and the answers to the node
 * that has asked. A node ignores what it does not know, so a fleet can be upgraded node by node.
 */
public sealed interface ControlMessage {
    /**
     * A question to all nodes.
     *
     * @param call unique
     * @param from the node that asks
     * @param revocation of the user of the question; null if it revokes nothing
     * @param version of the revocations afterwards
     */
    record Ask(
            String call,
            String from,
            Question question,
            @Nullable Revocation revocation,
            String version) implements ControlMessage {}

    /** The answer of the node {@code from}. */
    record Reply(String call, String from, Answer answer) implements ControlMessage {}

    /** The message as JSON. */
    static byte[] json(Ask ask) {
        JsonWriter json = begin(ask.call, ask.from);
        Question question = ask.question;
        if (question instanceof Question.Disconnect it) {
            field(field(json, "ask", "disconnect"), "user", it.user());
            field(json, "reason", it.reason());
        } else if (question instanceof Question.Unsubscribe it) {
            field(field(json, "ask", "unsubscribe"), "user", it.user());
            field(field(json, "channel", it.channel()), "reason", it.reason());
        } else if (question instanceof Question.User it) {
            field(field(json, "ask", "user"), "user", it.user());
        } else if (question instanceof Question.Channels it) {
            field(field(json, "ask", "channels"), "prefix", it.prefix());
            number(field(json, "after", it.after()), "limit", it.limit());
        } else if (question instanceof Question.Subscribers it) {
            field(field(json, "ask", "subscribers"), "channel", it.channel());
        } else if (question instanceof Question.Forget it) {
            field(field(json, "ask", "forget"), "channel", it.channel());
        }
        Revocation revocation = ask.revocation;
        if (revocation != null) {
            number(number(json, "before", revocation.beforeMillis()), "until", revocation.untilMillis());
            field(json, "version", ask.version);
        }
        return json.ascii("}").toBytes();
    }

    /** The message as JSON. */
    static byte[] json(Reply reply) {
        Answer answer = reply.answer;
        JsonWriter json = number(begin(reply.call, reply.from), "count", answer.count())
                .ascii(answer.more() ? ",\"more\":true" : ",\"more\":false")
                .ascii(",\"connections\":");
        ControlResponses.write(json, answer.connections());
        json.ascii(",\"channels\":");
        ControlResponses.writeChannels(json, answer.channels());
        return json.ascii("}").toBytes();
    }

    private static JsonWriter begin(String call, String from) {
        return field(new JsonWriter(256).ascii("{\"call\":").string(call), "from", from);
    }

    private static JsonWriter field(JsonWriter json, String name, String value) {
        return json.ascii(",\"").ascii(name).ascii("\":").string(value);
    }

    private static JsonWriter number(JsonWriter json, String name, long value) {
        return json.ascii(",\"").ascii(name).ascii("\":").ascii(Long.toString(value));
    }

    /** The message in {@code payload}; null if it is none that this version knows. */
    static @Nullable ControlMessage parse(byte[] payload) {
        try {
            Map<String, @Nullable Object> fields = JsonObject.parse(payload);
            String call = text(fields, "call");
            String from = text(fields, "from");
            if (!(fields.get("ask") instanceof String ask)) {
                return new Reply(call, from, answer(fields));
            }
            Question question = question(ask, fields);
            if (question == null) {
                return null;
            }
            Revocation revocation = fields.containsKey("before")
                    ? new Revocation(number(fields, "before"), number(fields, "until"), text(fields, "reason"))
                    : null;
            return new Ask(call, from, question, revocation, revocation == null ? "" : text(fields, "version"));
        } catch (MalformedJsonException e) {
            return null;
        }
    }

    private static @Nullable Question question(String ask, Map<String, @Nullable Object> fields)
            throws MalformedJsonException {
        return switch (ask) {
            case "disconnect" ->
                new Question.Disconnect(text(fields, "user"), fields.containsKey("before"), text(fields, "reason"));
            case "unsubscribe" ->
                new Question.Unsubscribe(text(fields, "user"), text(fields, "channel"), text(fields, "reason"));
            case "user" -> new Question.User(text(fields, "user"));
            case "channels" ->
                new Question.Channels(text(fields, "prefix"), text(fields, "after"), (int) number(fields, "limit"));
            case "subscribers" -> new Question.Subscribers(text(fields, "channel"));
            case "forget" -> new Question.Forget(text(fields, "channel"));
            default -> null;
        };
    }

    private static Answer answer(Map<String, @Nullable Object> fields) throws MalformedJsonException {
        List<ListedConnection> connections = new ArrayList<>();
        for (Map<String, @Nullable Object> each : objects(fields.get("connections"))) {
            List<String> channels = new ArrayList<>();
            if (each.get("channels") instanceof List<?> names) {
                names.forEach(name -> channels.add(String.valueOf(name)));
            }
            connections.add(new ListedConnection(
                    text(each, "connectionId"),
                    text(each, "since"),
                    text(each, "client"),
                    text(each, "transport"),
                    channels,
                    (int) number(each, "subscriptions")));
        }
        List<ListedChannel> channels = new ArrayList<>();
        for (Map<String, @Nullable Object> each : objects(fields.get("channels"))) {
            channels.add(new ListedChannel(text(each, "channel"), (int) number(each, "subscribers")));
        }
        return new Answer(
                (int) number(fields, "count"), connections, channels, Boolean.TRUE.equals(fields.get("more")));
    }

    @SuppressWarnings("unchecked") // JsonObject makes no other maps
    private static List<Map<String, @Nullable Object>> objects(@Nullable Object value) {
        List<Map<String, @Nullable Object>> objects = new ArrayList<>();
        if (value instanceof List<?> list) {
            for (Object each : list) {
                if (each instanceof Map<?, ?> map) {
                    objects.add((Map<String, @Nullable Object>) map);
                }
            }
        }
        return objects;
    }

    private static String text(Map<String, @Nullable Object> fields, String name) throws MalformedJsonException {
        if (fields.get(name) instanceof String text) {
            return text;
        }
        throw new MalformedJsonException(name + ": missing");
    }

    private static long number(Map<String, @Nullable Object> fields, String name) throws MalformedJsonException {
        if (fields.get(name) instanceof Number number) {
            return number.longValue(); // exact up to 2^53
        }
        throw new MalformedJsonException(name + ": missing");
    }
}
