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
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /publish/batch} (PROTOCOL section 6): each message is published or refused separately, in order; the
 * response has a result or an error for each. An idempotency key applies to each message by its place in the batch.
 */
final class BatchHandler implements RestEndpoint.Keyed {
    /** Separates a key from a message's place: no key of a client contains it, because it is not printable. */
    private static final char KEY_SEPARATOR = '\n';

    private final BodyReader bodies;
    private final PublishLimits limits;
    private final Relay relay;
    private final Time time;
    private final Metrics metrics;

    BatchHandler(BodyReader bodies, PublishLimits limits, Relay relay, Time time, Metrics metrics) {
        this.bodies = bodies;
        this.limits = limits;
        this.relay = relay;
        this.time = time;
        this.metrics = metrics;
    }

    @Override
    public void handle(HttpServerExchange exchange, int key) {
        if (!PublishHandler.hasValidIdempotencyKey(exchange)) {
            Http.ignoreBody(exchange);
            refuse(exchange, PublishHandler.idempotencyKeyProblem());
            return;
        }
        long publisher = limits.key(key);
        bodies.read(exchange, (ready, bytes, length) -> onBody(ready, publisher, bytes, length));
    }

    private void onBody(HttpServerExchange exchange, long publisher, byte[] bytes, int length) {
        long started = time.nanos();
        List<Params> messages;
        try {
            messages = PublishBody.batch(bytes, 0, length);
        } catch (MalformedJsonException e) {
            refuse(exchange, String.valueOf(e.getMessage()));
            return;
        }
        if (!limits.takeMessages(publisher, messages.size())) {
            PublishHandler.refuseTooMany(
                    exchange, PublishHandler.TOO_MANY_MESSAGES, limits.secondsUntilMessages(publisher));
            return;
        }
        AnswerOnce answer = new AnswerOnce(exchange);
        Batch batch = new Batch(
                messages.size(),
                results -> answer.with(() -> {
                    metrics.recordRestPublish(results.accepted.get(), time.nanos() - started);
                    Http.json(exchange, 200, Responses.batch(results.inOrder()));
                }));
        String idempotencyKey = PublishHandler.idempotencyKey(exchange);
        for (int i = 0; i < messages.size(); i++) {
            publish(
                    publisher,
                    batch,
                    i,
                    messages.get(i),
                    idempotencyKey == null ? null : idempotencyKey + KEY_SEPARATOR + i);
        }
        batch.complete(); // the batch itself, so that an empty one is answered too
        answer.handlerReturns();
    }

    private void publish(long publisher, Batch batch, int index, Params params, @Nullable String idempotencyKey) {
        String problem = Publications.problem(params);
        if (problem != null) {
            metrics.countRefusal(Refusal.PUBLICATION);
            batch.complete(index, Responses.errorBody(ErrorCode.INVALID_ARGUMENT, problem));
            return;
        }
        Publication publication = Publications.from(params, idempotencyKey);
        if (!limits.takeNames(publisher, publication)) {
            batch.complete(index, Responses.errorBody(ErrorCode.FAILED_PRECONDITION, PublishHandler.TOO_MANY_CHANNELS));
            return;
        }
        relay.publish(publication, outcome -> onOutcome(batch, index, outcome));
    }

    private void onOutcome(Batch batch, int index, PublishOutcome outcome) {
        if (outcome instanceof PublishOutcome.Accepted accepted) {
            batch.accepted.incrementAndGet();
            batch.complete(index, Responses.published(accepted.id(), accepted.createTime()));
        } else if (outcome instanceof PublishOutcome.KeyReused) {
            metrics.countRefusal(Refusal.IDEMPOTENCY_KEY);
            batch.complete(index, Responses.errorBody(ErrorCode.ALREADY_EXISTS, PublishHandler.keyReused()));
        } else {
            batch.complete(index, Responses.errorBody(ErrorCode.INTERNAL, PublishHandler.failure(outcome)));
        }
    }

    private void refuse(HttpServerExchange exchange, String problem) {
        metrics.countRefusal(Refusal.PUBLICATION);
        Http.error(exchange, 400, ErrorCode.INVALID_ARGUMENT, problem);
    }

    /** The answers that have arrived so far, from any thread. */
    private static final class Batch {
        interface Completion {
            void onComplete(Batch batch);
        }

        final AtomicInteger accepted = new AtomicInteger();
        private final AtomicReferenceArray<byte[]> results;
        private final AtomicInteger missing;
        private final Completion completion;

        Batch(int size, Completion completion) {
            this.results = new AtomicReferenceArray<>(size);
            this.missing = new AtomicInteger(size + 1);
            this.completion = completion;
        }

        void complete(int index, byte[] result) {
            results.set(index, result);
            complete();
        }

        void complete() {
            if (missing.decrementAndGet() == 0) {
                completion.onComplete(this);
            }
        }

        List<byte[]> inOrder() {
            byte[][] all = new byte[results.length()][];
            for (int i = 0; i < all.length; i++) {
                all[i] = results.get(i);
            }
            return Arrays.asList(all);
        }
    }
}
