package dev.broadcaster.http;

import dev.broadcaster.message.Publication;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.MalformedJsonException;
import dev.broadcaster.protocol.Params;
import dev.broadcaster.protocol.Publications;
import dev.broadcaster.protocol.PublishBody;
import dev.broadcaster.protocol.Responses;
import dev.broadcaster.relay.PublishLimits;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.time.Time;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import org.jspecify.annotations.Nullable;

/** {@code POST /publish} (PROTOCOL section 6): answered on the I/O thread when the relay has answered. */
final class PublishHandler implements RestEndpoint.Keyed {
    private static final HttpString IDEMPOTENCY_KEY = new HttpString("Idempotency-Key");

    static final String TOO_MANY_MESSAGES = "too many messages for this API key";
    static final String TOO_MANY_CHANNELS = "too many new channels for this API key";

    private final BodyReader bodies;
    private final PublishLimits limits;
    private final Relay relay;
    private final Time time;
    private final Metrics metrics;

    PublishHandler(BodyReader bodies, PublishLimits limits, Relay relay, Time time, Metrics metrics) {
        this.bodies = bodies;
        this.limits = limits;
        this.relay = relay;
        this.time = time;
        this.metrics = metrics;
    }

    @Override
    public void handle(HttpServerExchange exchange, int key) {
        long publisher = limits.key(key);
        if (!limits.takeMessages(publisher, 1)) {
            refuseTooMany(exchange, TOO_MANY_MESSAGES, limits.secondsUntilMessages(publisher));
            return;
        }
        if (!hasValidIdempotencyKey(exchange)) {
            Http.ignoreBody(exchange);
            refuse(exchange, idempotencyKeyProblem());
            return;
        }
        bodies.read(exchange, (ready, bytes, length) -> onBody(ready, publisher, bytes, length));
    }

    private void onBody(HttpServerExchange exchange, long publisher, byte[] bytes, int length) {
        long started = time.nanos();
        Params params;
        try {
            params = PublishBody.single(bytes, 0, length);
        } catch (MalformedJsonException e) {
            refuse(exchange, String.valueOf(e.getMessage()));
            return;
        }
        String problem = Publications.problem(params);
        if (problem != null) {
            refuse(exchange, problem);
            return;
        }
        Publication publication = Publications.from(params, idempotencyKey(exchange));
        if (!limits.takeNames(publisher, publication)) {
            refuseTooMany(exchange, TOO_MANY_CHANNELS, limits.secondsUntilChannel(publisher));
            return;
        }
        AnswerOnce answer = new AnswerOnce(exchange);
        relay.publish(publication, outcome -> answer.with(() -> answer(exchange, outcome, started)));
        answer.handlerReturns();
    }

    private void answer(HttpServerExchange exchange, PublishOutcome outcome, long started) {
        if (outcome instanceof PublishOutcome.Accepted accepted) {
            metrics.recordRestPublish(1, time.nanos() - started);
            Http.json(exchange, 200, Responses.published(accepted.id(), accepted.createTime()));
        } else if (outcome instanceof PublishOutcome.KeyReused) {
            metrics.countRefusal(Refusal.IDEMPOTENCY_KEY);
            Http.error(exchange, 409, ErrorCode.ALREADY_EXISTS, keyReused());
        } else {
            exchange.getResponseHeaders().put(Headers.RETRY_AFTER, "1");
            Http.error(exchange, 503, ErrorCode.INTERNAL, failure(outcome));
        }
    }

    private void refuse(HttpServerExchange exchange, String problem) {
        metrics.countRefusal(Refusal.PUBLICATION);
        Http.error(exchange, 400, ErrorCode.INVALID_ARGUMENT, problem);
    }

    static void refuseTooMany(HttpServerExchange exchange, String problem, long retryAfterSeconds) {
        exchange.getResponseHeaders().put(Headers.RETRY_AFTER, retryAfterSeconds);
        Http.errorAndDrain(exchange, 429, ErrorCode.FAILED_PRECONDITION, problem);
    }

    static String failure(PublishOutcome outcome) {
        if (outcome instanceof PublishOutcome.NotPublished refused) {
            return refused.reason();
        }
        if (outcome instanceof PublishOutcome.Unknown unknown) {
            return unknown.reason();
        }
        throw new IllegalStateException("not a failure: " + outcome);
    }

    static String keyReused() {
        return "Idempotency-Key: used before for another message on this channel";
    }

    static String idempotencyKeyProblem() {
        return "Idempotency-Key: malformed (expected: 1 to 128 printable characters, once)";
    }

    static @Nullable String idempotencyKey(HttpServerExchange exchange) {
        return exchange.getRequestHeaders().getFirst(IDEMPOTENCY_KEY);
    }

    static boolean hasValidIdempotencyKey(HttpServerExchange exchange) {
        HeaderValues values = exchange.getRequestHeaders().get(IDEMPOTENCY_KEY);
        if (values == null) {
            return true;
        }
        String key = values.getFirst();
        return values.size() == 1 && Publications.isIdempotencyKey(key);
    }
}
