package dev.broadcaster.client;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Publishes from a server, and reads histories, with an API key. Safe for use by several threads; no method blocks.
 * Futures complete on a thread of the HTTP client, or of {@link CompletableFuture#completeAsync} if a caller requests
 * that.
 *
 * <p>A publish is sent with an idempotency key and is retried inside its time as long as it certainly was not
 * published. An unknown outcome fails with {@link BroadcasterException.OutcomeUnknown}: the same call with its key is
 * then safe.
 */
public final class RestClient {
    private static final int MOST_BATCH = 1000;
    private static final SecureRandom KEYS = new SecureRandom();

    private final String base;
    private final String apiKey;
    private final Clock clock;
    private final RestCall.Http http;

    /**
     * A client that shares its connections and threads with all clients of the process.
     *
     * @param base the base path: {@code https://host/broadcaster}
     * @throws IllegalArgumentException if it is not an address of {@code http} or {@code https}
     */
    public static RestClient create(URI base, String apiKey) {
        return create(base, apiKey, HttpTransport.sharedHttp());
    }

    /** Like {@link #create(URI, String)}, with an HTTP client of the application. */
    public static RestClient create(URI base, String apiKey, HttpClient http) {
        return new RestClient(base, apiKey, SharedThreads.CLOCK, RestCall.by(http));
    }

    RestClient(URI base, String apiKey, Clock clock, RestCall.Http http) {
        this.base = checked(base);
        this.apiKey = apiKey;
        this.clock = clock;
        this.http = http;
    }

    /** The base path without a slash at its end. */
    static String checked(URI base) {
        if (!List.of("http", "https").contains(String.valueOf(base.getScheme())) || base.getHost() == null) {
            throw new IllegalArgumentException("base: " + base + " (expected: http:// or https:// and a host)");
        }
        return base.toString().replaceAll("/+$", "");
    }

    /** Publishes in 10 s, with retries. */
    public CompletableFuture<PublishResult> publish(String channel, String event, Json payload) {
        return publish(channel, event, payload, PublishOptions.defaults());
    }

    /**
     * Publishes. Completes when the gateway has accepted the message, and fails like {@link BroadcasterClient#publish};
     * with {@link BroadcasterException.Unauthorized} if the API key is unknown, and with
     * {@link BroadcasterException.LimitReached} if the body is too large or the rate of the key is used up.
     * {@code ordered} is not possible here.
     */
    public CompletableFuture<PublishResult> publish(
            String channel, String event, Json payload, PublishOptions options) {
        String key = key(options);
        BroadcasterException wrong = problem(List.of(new Draft(channel, event, payload)), key);
        if (wrong != null) {
            return CompletableFuture.failedFuture(wrong);
        }
        String body = new Draft(channel, event, payload).json();
        return new RestCall<>(clock, http, post("/publish", key, body), options, key, RestClient::published).begin();
    }

    /**
     * Publishes up to 1,000 messages. Completes with one result per message, in order; a message that was not accepted
     * does not affect the others. Messages that certainly were not published are retried inside the time of the
     * options. Fails like {@link #publish} if there are no results.
     */
    public CompletableFuture<List<BatchResult>> publishBatch(List<Draft> messages, PublishOptions options) {
        String key = key(options);
        BroadcasterException wrong = messages.size() > MOST_BATCH
                ? new BroadcasterException.Invalid(messages.size() + " messages (expected: <= " + MOST_BATCH + ")")
                : problem(List.of(), key);
        if (wrong != null) {
            return CompletableFuture.failedFuture(wrong);
        }
        String body = messages.stream().map(Draft::json).collect(Collectors.joining(",", "{\"messages\":[", "]}"));
        return new RestCall<>(
                        clock,
                        http,
                        post("/publish/batch", key, body),
                        options,
                        key,
                        text -> results(text, messages.size(), key),
                        RestClient::isToBeRepeated)
                .begin();
    }

    /**
     * Reads the history of a channel, oldest first.
     *
     * @param after the id of the last message seen; null to begin with the oldest that is kept
     * @param limit 1 to 1,000
     */
    public CompletableFuture<HistoryPage> history(String channel, @Nullable String after, int limit) {
        String problem = Names.channelProblem(channel);
        if (problem != null) {
            return CompletableFuture.failedFuture(new BroadcasterException.Invalid(problem));
        }
        String query =
                "?limit=" + limit + (after == null ? "" : "&after=" + URLEncoder.encode(after, StandardCharsets.UTF_8));
        HttpRequest.Builder request =
                request("/channels/" + channel + "/history" + query).GET();
        return new RestCall<>(clock, http, request, PublishOptions.defaults(), null, RestClient::page).begin();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path)).header("Authorization", "Bearer " + apiKey);
    }

    private HttpRequest.Builder post(String path, String key, String body) {
        return request(path)
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    private static String key(PublishOptions options) {
        return options.idempotencyKey != null
                ? options.idempotencyKey
                : Long.toHexString(KEYS.nextLong()) + "-" + Long.toHexString(KEYS.nextLong());
    }

    private static @Nullable BroadcasterException problem(List<Draft> messages, String key) {
        // A header loses the space around it.
        if (!Names.isKey(key) || !key.strip().equals(key)) {
            return new BroadcasterException.Invalid(
                    "idempotencyKey: malformed (expected: 1 to 128 printable ASCII characters)");
        }
        for (Draft message : messages) {
            String problem = Names.channelProblem(message.channel());
            problem = problem == null ? Names.eventProblem(message.event()) : problem;
            if (problem != null) {
                return new BroadcasterException.Invalid(problem);
            }
        }
        return null;
    }

    private static PublishResult published(String body) {
        return published(JsonObject.parse(body));
    }

    private static PublishResult published(JsonObject object) {
        return new PublishResult(object.requiredString("id"), time(object.requiredString("createTime")));
    }

    private static Instant time(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw new Malformed("createTime: not a time");
        }
    }

    private static List<BatchResult> results(String body, int count, String key) {
        var results = new ArrayList<BatchResult>();
        for (String each : JsonObject.parse(body).array("results")) {
            JsonObject result = JsonObject.parse(each);
            BroadcasterException error = result.has("error") ? RestCall.error(200, result, key) : null;
            results.add(new BatchResult(error == null ? published(result) : null, error));
        }
        if (results.size() != count) {
            throw new Malformed(results.size() + " results (expected: " + count + ")");
        }
        return results;
    }

    private static boolean isToBeRepeated(List<BatchResult> results) {
        return results.stream().anyMatch(result -> result.error() instanceof BroadcasterException.NotPublished);
    }

    private static HistoryPage page(String body) {
        JsonObject page = JsonObject.parse(body);
        var messages = new ArrayList<Message>();
        for (String each : page.array("messages")) {
            JsonObject message = JsonObject.parse(each);
            JsonObject.Place payload = message.place("payload");
            if (payload == null) {
                throw new Malformed("a message without payload");
            }
            messages.add(new Message(
                    message.requiredString("id"),
                    0,
                    message.requiredString("channel"),
                    message.requiredString("event"),
                    message.requiredString("createTime"),
                    message.text(),
                    payload,
                    true));
        }
        return new HistoryPage(page.isTrue("historyRecovered"), List.copyOf(messages), page.isTrue("more"));
    }

    /** The time of one attempt, when this number of milliseconds is left. */
    static Duration attemptTime(long millisLeft) {
        return Duration.ofMillis(Math.max(1, millisLeft));
    }
}
