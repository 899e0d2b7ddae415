package dev.broadcaster.client;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One call of the REST interface: attempts, one after the other, until one gives a result or a permanent error, or the
 * time is over. State passes from attempt to attempt; no two run at the same time.
 */
final class RestCall<T> {
    private static final double FIRST_DELAY_MILLIS = 200;
    private static final double LONGEST_DELAY_MILLIS = 5_000;
    private static final long MOST_RETRY_AFTER_MILLIS = 60_000;

    private final Clock clock;
    private final Http http;
    private final HttpRequest.Builder request;
    private final PublishOptions options;
    /** Null for a call that publishes nothing. */
    private final @Nullable String key;

    private final Function<String, T> read;
    private final Predicate<T> again;
    private final long end;
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private int retries;

    /** Sends one request. */
    interface Http {
        CompletableFuture<Answer> send(HttpRequest request);
    }

    /**
     * @param retryAfterMillis 0 if the response does not have it
     */
    record Answer(int status, String body, long retryAfterMillis) {}

    static Http by(HttpClient client) {
        return request -> client.sendAsync(request, HttpResponse.BodyHandlers.ofString())
                .thenApply(response -> new Answer(response.statusCode(), response.body(), retryAfter(response)));
    }

    private static long retryAfter(HttpResponse<?> response) {
        try {
            String value = response.headers().firstValue("Retry-After").orElse("0");
            return Math.min(
                    MOST_RETRY_AFTER_MILLIS, TimeUnit.SECONDS.toMillis(Math.max(0, Long.parseLong(value.trim()))));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    RestCall(
            Clock clock,
            Http http,
            HttpRequest.Builder request,
            PublishOptions options,
            @Nullable String key,
            Function<String, T> read) {
        this(clock, http, request, options, key, read, value -> false);
    }

    /**
     * @param again true for a result that another attempt may improve
     */
    RestCall(
            Clock clock,
            Http http,
            HttpRequest.Builder request,
            PublishOptions options,
            @Nullable String key,
            Function<String, T> read,
            Predicate<T> again) {
        this.clock = clock;
        this.http = http;
        this.request = request;
        this.options = options;
        this.key = key;
        this.read = read;
        this.again = again;
        this.end = clock.millis() + options.millis;
    }

    CompletableFuture<T> begin() {
        attempt();
        return result;
    }

    private void attempt() {
        HttpRequest attempt = request.copy()
                .timeout(RestClient.attemptTime(end - clock.millis()))
                .build();
        var unused = http.send(attempt).handle((answer, thrown) -> {
            try {
                if (thrown != null) {
                    onThrown(
                            thrown instanceof CompletionException && thrown.getCause() != null
                                    ? thrown.getCause()
                                    : thrown);
                } else {
                    onAnswer(answer);
                }
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
            return true;
        });
    }

    private void onThrown(Throwable thrown) {
        String text = thrown.getClass().getSimpleName() + ": " + HttpFailures.describe(thrown);
        if (key == null) {
            result.completeExceptionally(new BroadcasterException.Unavailable(text, 0, thrown));
        } else if (HttpFailures.isBeforeRequest(thrown)) {
            retry(new BroadcasterException.NotPublished("not published: " + text, thrown), null, 0);
        } else {
            result.completeExceptionally(
                    new BroadcasterException.OutcomeUnknown("outcome unknown: " + text, key, thrown));
        }
    }

    private void onAnswer(Answer answer) {
        if (answer.status() == 200 || answer.status() == 204) {
            onResult(answer);
            return;
        }
        JsonObject body;
        try {
            body = JsonObject.parse(answer.body());
        } catch (Malformed e) {
            body = JsonObject.parse("{}");
        }
        BroadcasterException error = error(answer.status(), body, key);
        if (error instanceof BroadcasterException.NotPublished) {
            retry(error, null, answer.retryAfterMillis());
        } else {
            result.completeExceptionally(error);
        }
    }

    private void onResult(Answer answer) {
        T value;
        try {
            value = read.apply(answer.body());
        } catch (Malformed e) {
            result.completeExceptionally(
                    key == null
                            ? new BroadcasterException.ProtocolViolation("the answer: " + e.getMessage())
                            : new BroadcasterException.OutcomeUnknown(
                                    "outcome unknown: the answer: " + e.getMessage(), key, e));
            return;
        }
        if (again.test(value)) {
            retry(new BroadcasterException.NotPublished("not published"), value, answer.retryAfterMillis());
        } else {
            result.complete(value);
        }
    }

    /** Another attempt after a delay; without time for it, {@code value} or {@code error} is the result. */
    private void retry(BroadcasterException error, @Nullable T value, long retryAfterMillis) {
        double most = Math.min(LONGEST_DELAY_MILLIS, FIRST_DELAY_MILLIS * Math.pow(2, retries++));
        long delay = Math.max(retryAfterMillis, (long) (clock.random() * most));
        if (!options.retry || clock.millis() + delay >= end) {
            if (value != null) {
                result.complete(value);
            } else {
                result.completeExceptionally(error);
            }
        } else if (!result.isDone()) {
            clock.schedule(delay, this::attempt);
        }
    }

    /** The error of an answer, or of a result in a batch. */
    static BroadcasterException error(int status, JsonObject body, @Nullable String key) {
        JsonObject error = body.object("error");
        String code = error == null ? "" : error.requiredString("code");
        String said = error == null ? null : error.string("message");
        String text = said != null ? said : "HTTP " + status;
        return error(status, code, text, key).because(status, code, said == null ? "" : said);
    }

    private static BroadcasterException error(int status, String code, String text, @Nullable String key) {
        if (status == 429) {
            return new BroadcasterException.LimitReached(text);
        }
        return switch (code) {
            case "PermissionDenied" -> new BroadcasterException.Denied(text);
            case "Unauthenticated" -> new BroadcasterException.Unauthorized(text);
            case "FailedPrecondition" -> new BroadcasterException.LimitReached(text);
            case "InvalidArgument", "NotFound", "AlreadyExists" ->
                status == 413 ? new BroadcasterException.LimitReached(text) : new BroadcasterException.Invalid(text);
            default -> {
                if (key == null) {
                    yield new BroadcasterException.Unavailable(text, status, null);
                }
                yield text.startsWith("not published")
                        ? new BroadcasterException.NotPublished(text)
                        : new BroadcasterException.OutcomeUnknown(text, key, null);
            }
        };
    }
}
