package dev.broadcaster.client;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Controls the connections of a fleet from a server: lists and closes them, and ends subscriptions (PROTOCOL section 13).
 * Its API key needs the scope {@code control} for what changes something, and {@code read} for the rest. Safe for use by several
 * threads; no method blocks.
 *
 * <p>A call asks each living node and waits for at most a second. {@code complete} is false when not all have answered:
 * the call may be repeated. Futures fail as those of {@link RestClient}: with {@link BroadcasterException.Denied} if the
 * key does not have the scope, and with {@link BroadcasterException.Unavailable} if there is no answer.
 */
public final class ControlClient {
    private final String base;
    private final String apiKey;
    private final Clock clock;
    private final RestCall.Http http;

    /**
     * The effect of a call.
     *
     * @param count the connections that are closed, or the subscriptions that have ended
     * @param nodes the nodes that have answered
     * @param complete false if a node has not answered in time
     */
    public record Effect(long count, long nodes, boolean complete) {}

    /**
     * The connections of a user.
     *
     * @param complete false if a node has not answered in time
     */
    public record User(String user, List<UserConnection> connections, boolean complete) {}

    /**
     * A connection of a user.
     *
     * @param client its name as it has told it; empty if it has not
     * @param transport {@code websocket}, or another way of later versions
     * @param channels at most 100 of its channels
     * @param subscriptions the number of all
     */
    public record UserConnection(
            String connectionId,
            Instant since,
            String client,
            String transport,
            List<String> channels,
            long subscriptions) {}

    /**
     * A page of channels with subscribers, by name.
     *
     * @param more true if more follow; the cursor of the next page is the last channel
     * @param complete false if a node has not answered in time
     */
    public record ChannelPage(List<Subscribed> channels, boolean more, boolean complete) {}

    /** A channel and its subscriptions on all nodes. */
    public record Subscribed(String channel, long subscribers) {}

    /**
     * A channel.
     *
     * @param history null if the channel keeps none
     * @param complete false if a node has not answered in time
     */
    public record ChannelUse(
            String channel, long subscribers, @Nullable History history, boolean complete) {}

    /**
     * The history of a channel.
     *
     * @param size the number of messages that it keeps
     * @param lastMessageId the last message, or the position before the first; null before the channel is used
     */
    public record History(long size, @Nullable String lastMessageId) {}

    /**
     * A client that shares its connections and threads with all clients of the process.
     *
     * @param base the base path: {@code https://host/broadcaster}
     * @throws IllegalArgumentException if it is not an address of {@code http} or {@code https}
     */
    public static ControlClient create(URI base, String apiKey) {
        return create(base, apiKey, HttpTransport.sharedHttp());
    }

    /** Like {@link #create(URI, String)}, with an HTTP client of the application. */
    public static ControlClient create(URI base, String apiKey, HttpClient http) {
        return new ControlClient(base, apiKey, SharedThreads.CLOCK, RestCall.by(http));
    }

    ControlClient(URI base, String apiKey, Clock clock, RestCall.Http http) {
        this.base = RestClient.checked(base);
        this.apiKey = apiKey;
        this.clock = clock;
        this.http = http;
    }

    /**
     * Closes the connections of a user (4401). Clients that can get a new token come back.
     *
     * @param reason at most 123 bytes of UTF-8, which the client gets; null for a usual one
     */
    public CompletableFuture<Effect> disconnect(String user, @Nullable String reason) {
        return disconnect(user, false, reason);
    }

    /**
     * Closes the connections of a user (4403), and makes all nodes refuse every token of the user that was issued until
     * now.
     *
     * @param reason at most 123 bytes of UTF-8, which the client gets; null for a usual one
     */
    public CompletableFuture<Effect> revoke(String user, @Nullable String reason) {
        return disconnect(user, true, reason);
    }

    private CompletableFuture<Effect> disconnect(String user, boolean revoke, @Nullable String reason) {
        String problem = userProblem(user);
        String body = "{\"revoke\":" + revoke + reasonMember(reason) + "}";
        return problem != null
                ? failed(problem)
                : call(post(pathOf(user) + "/disconnect", body), text -> effect(text, "connections"));
    }

    /**
     * Ends the subscriptions of a user to a channel.
     *
     * @param reason at most 123 bytes of UTF-8, which the client gets; null for a usual one
     */
    public CompletableFuture<Effect> unsubscribe(String user, String channel, @Nullable String reason) {
        String problem = userProblem(user) != null ? userProblem(user) : Names.channelProblem(channel);
        String body = "{\"channel\":" + Json.quote(channel) + reasonMember(reason) + "}";
        return problem != null
                ? failed(problem)
                : call(post(pathOf(user) + "/unsubscribe", body), text -> effect(text, "subscriptions"));
    }

    /** The connections of a user. */
    public CompletableFuture<User> user(String user) {
        String problem = userProblem(user);
        return problem != null ? failed(problem) : call(request(pathOf(user)).GET(), ControlClient::userOf);
    }

    /**
     * A page of the channels that have subscribers.
     *
     * @param prefix of their names; empty for all
     * @param cursor the last channel of the page before; null for the first page
     * @param limit 1 to 1,000
     */
    public CompletableFuture<ChannelPage> channels(String prefix, @Nullable String cursor, int limit) {
        String query = "?limit=" + limit
                + (prefix.isEmpty() ? "" : "&prefix=" + encoded(prefix))
                + (cursor == null ? "" : "&cursor=" + encoded(cursor));
        return call(request("/channels" + query).GET(), ControlClient::channelsOf);
    }

    /** A channel: its subscriptions and its history. */
    public CompletableFuture<ChannelUse> channel(String channel) {
        String problem = Names.channelProblem(channel);
        return problem != null
                ? failed(problem)
                : call(request("/channels/" + channel).GET(), ControlClient::channelOf);
    }

    /** Deletes the history of a channel. Recoveries from positions before are refused. */
    public CompletableFuture<Void> deleteHistory(String channel) {
        String problem = Names.channelProblem(channel);
        return problem != null
                ? failed(problem)
                : call(request("/channels/" + channel + "/history").DELETE(), text -> true)
                        .thenAccept(deleted -> {});
    }

    private <T> CompletableFuture<T> call(HttpRequest.Builder request, Function<String, T> read) {
        return new RestCall<>(clock, http, request, PublishOptions.defaults(), null, read).begin();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path)).header("Authorization", "Bearer " + apiKey);
    }

    private HttpRequest.Builder post(String path, String body) {
        return request(path).header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body));
    }

    private static <T> CompletableFuture<T> failed(String problem) {
        return CompletableFuture.failedFuture(new BroadcasterException.Invalid(problem));
    }

    private static @Nullable String userProblem(String user) {
        boolean valid = !user.isEmpty() && StandardCharsets.UTF_8.newEncoder().canEncode(user);
        return valid ? null : "user: malformed (expected: at least 1 character)";
    }

    private static String pathOf(String user) {
        return "/users/" + encoded(user);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String reasonMember(@Nullable String reason) {
        return reason == null ? "" : ",\"reason\":" + Json.quote(reason);
    }

    private static Effect effect(String body, String what) {
        JsonObject object = JsonObject.parse(body);
        return new Effect(number(object, what), number(object, "nodes"), object.isTrue("complete"));
    }

    private static User userOf(String body) {
        JsonObject object = JsonObject.parse(body);
        var connections = new ArrayList<UserConnection>();
        for (String each : object.array("connections")) {
            JsonObject connection = JsonObject.parse(each);
            connections.add(new UserConnection(
                    connection.requiredString("connectionId"),
                    time(connection.requiredString("since")),
                    connection.requiredString("client"),
                    connection.requiredString("transport"),
                    connection.strings("channels"),
                    number(connection, "subscriptions")));
        }
        return new User(object.requiredString("user"), List.copyOf(connections), object.isTrue("complete"));
    }

    private static ChannelPage channelsOf(String body) {
        JsonObject page = JsonObject.parse(body);
        var channels = new ArrayList<Subscribed>();
        for (String each : page.array("channels")) {
            JsonObject channel = JsonObject.parse(each);
            channels.add(new Subscribed(channel.requiredString("channel"), number(channel, "subscribers")));
        }
        return new ChannelPage(List.copyOf(channels), page.isTrue("more"), page.isTrue("complete"));
    }

    private static ChannelUse channelOf(String body) {
        JsonObject channel = JsonObject.parse(body);
        JsonObject history = channel.object("history");
        return new ChannelUse(
                channel.requiredString("channel"),
                number(channel, "subscribers"),
                history == null ? null : new History(number(history, "size"), history.string("lastMessageId")),
                channel.isTrue("complete"));
    }

    private static long number(JsonObject object, String name) {
        Long value = object.integer(name);
        if (value == null) {
            throw new Malformed(name + ": missing");
        }
        return value;
    }

    private static Instant time(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw new Malformed("since: not a time");
        }
    }
}
