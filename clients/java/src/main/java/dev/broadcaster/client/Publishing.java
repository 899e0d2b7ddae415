package dev.broadcaster.client;

import java.security.SecureRandom;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Outgoing messages, in the order of the calls. Each ends once: accepted, certainly not accepted, or unknown. Guarded
 * by the client's lock.
 */
final class Publishing {
    /** Publishes without an answer: further ones are refused at once. */
    private static final int MOST_PUBLISHES = 256;

    private static final long MOST_CHARACTERS = 1024 * 1024;
    /** The bytes that may wait before writing stops. */
    private static final long MOST_UNWRITTEN = 1024 * 1024;

    private static final long WRITE_CHECK_MILLIS = 50;
    private static final SecureRandom KEYS = new SecureRandom();

    private final Loop loop;
    private final Connection connection;
    private final Set<Publish> outbox = new LinkedHashSet<>();
    private long characters;

    /** One message. */
    private static final class Publish {
        final Promise<PublishResult> promise;
        final String channel;
        /**
         * JSON without the idempotency key and the closing brace: a node that does not support keys does not get one.
         */
        final String params;

        final String key;
        final PublishOptions options;
        /** True when an attempt has ended with an unknown outcome; this does not change later. */
        boolean unknown;
        /** True while a reply is awaited. */
        boolean sent;
        /** True if the message was last sent with its key. */
        boolean keyed;
        /** True while a reply or the time for a retry is awaited. */
        boolean busy;
        /** The last refusal, which does not end the call; null if there was none. */
        private @Nullable BroadcasterException failure;

        int retries;
        Clock.@Nullable Cancel timeout;
        Clock.@Nullable Cancel retryTimer;

        Publish(Promise<PublishResult> promise, String channel, String params, String key, PublishOptions options) {
            this.promise = promise;
            this.channel = channel;
            this.params = params;
            this.key = key;
            this.options = options;
        }

        BroadcasterException outcome(BroadcasterException otherwise) {
            if (!unknown && !sent) {
                return otherwise;
            }
            return new BroadcasterException.OutcomeUnknown(
                    "outcome unknown: " + (sent ? "no reply" : otherwise.getMessage()), keyed ? key : null, otherwise);
        }
    }

    Publishing(Loop loop, Connection connection) {
        this.loop = loop;
        this.connection = connection;
    }

    /** Publishes. Safe for use by any thread. {@code refusal}: the reason why the client cannot, or null. */
    CompletableFuture<PublishResult> publish(
            String channel,
            String event,
            Json payload,
            PublishOptions options,
            @Nullable BroadcasterException refusal) {
        var promise = new Promise<PublishResult>(loop.callbacks);
        String params = "{\"channel\":" + Json.quote(channel) + ",\"event\":" + Json.quote(event) + ",\"payload\":"
                + payload.text();
        String key = options.idempotencyKey == null ? randomKey() : options.idempotencyKey;
        var publish = new Publish(promise, channel, params, key, options);
        BroadcasterException wrong = refusal == null ? problem(channel, event, key) : refusal;
        promise.onCancel(() -> loop.enter(() -> {
            if (remove(publish)) {
                flush();
            }
        }));
        loop.enter(() -> {
            if (wrong != null) {
                promise.settle(null, wrong);
            } else if (outbox.size() >= MOST_PUBLISHES
                    || (characters > 0 && characters + params.length() > MOST_CHARACTERS)) {
                promise.settle(null, new BroadcasterException.LimitReached(outbox.size() + " publishes wait"));
            } else {
                outbox.add(publish);
                characters += params.length();
                publish.timeout = loop.deadline(options.millis, () -> fail(publish, failure(publish)));
                flush();
            }
        });
        return promise;
    }

    /** The result of the call if it ends now, and no attempt had an unknown outcome. */
    private BroadcasterException failure(Publish publish) {
        BroadcasterException refused = publish.failure;
        if (refused != null) {
            return refused;
        }
        return new BroadcasterException.NotPublished(
                connection.isAuthenticated() ? "not sent: earlier messages wait" : "not connected");
    }

    private static @Nullable BroadcasterException problem(String channel, String event, String key) {
        String problem = Names.channelProblem(channel);
        problem = problem == null ? Names.eventProblem(event) : problem;
        problem = problem == null && !Names.isKey(key)
                ? "idempotencyKey: malformed (expected: 1 to 128 printable ASCII characters)"
                : problem;
        return problem == null ? null : new BroadcasterException.Invalid(problem);
    }

    private static String randomKey() {
        return Long.toHexString(KEYS.nextLong()) + "-" + Long.toHexString(KEYS.nextLong());
    }

    /** Sends the publishes that can be sent. */
    void flush() {
        Set<String> channels = new HashSet<>();
        for (Publish publish : List.copyOf(outbox)) {
            if (!connection.isAuthenticated()) {
                return;
            }
            boolean behind = !channels.add(publish.channel) && publish.options.ordered;
            if (!publish.busy && !behind && outbox.contains(publish)) {
                if (connection.socket().waiting() > MOST_UNWRITTEN) {
                    wait(publish, WRITE_CHECK_MILLIS);
                } else {
                    send(publish);
                }
            }
        }
    }

    private void send(Publish publish) {
        boolean idempotent = connection.has("idempotency");
        String params = publish.params + (idempotent ? ",\"idempotencyKey\":" + Json.quote(publish.key) + "}" : "}");
        long most = connection.hello().maxMessageBytes();
        int bytes = Json.utf8Length(connection.calls().frame("publish", params));
        if (publish.unknown && !idempotent) {
            fail(publish, failure(publish));
        } else if (most > 0 && bytes > most) {
            fail(publish, new BroadcasterException.LimitReached(bytes + " bytes (expected: <= " + most + ")"));
        } else {
            publish.busy = true;
            publish.sent = true;
            publish.keyed = idempotent;
            connection.calls().send("publish", params, reply -> onReply(publish, reply));
        }
    }

    private void onReply(Publish publish, Reply reply) {
        if (!outbox.contains(publish)) {
            return; // It has ended already.
        }
        if (reply instanceof Reply.Result result) {
            PublishResult accepted = read(result.result());
            remove(publish);
            publish.promise.settle(accepted, null);
            flush();
            return;
        }
        publish.busy = false;
        publish.sent = false;
        if (reply instanceof Reply.Refused refused) {
            onRefused(publish, refused);
        } else {
            publish.unknown = true;
            if (!publish.keyed || !publish.options.retry) {
                fail(publish, new BroadcasterException.NotPublished("the connection was lost"));
            }
        }
    }

    private static PublishResult read(JsonObject result) {
        try {
            return new PublishResult(result.requiredString("id"), Instant.parse(result.requiredString("createTime")));
        } catch (DateTimeException e) {
            throw new Malformed("createTime: not a time");
        }
    }

    private void onRefused(Publish publish, Reply.Refused refused) {
        if (!refused.code().equals("Internal")) {
            fail(publish, refused.error(""));
            return;
        }
        var failure = new BroadcasterException.NotPublished(refused.message());
        publish.failure = failure;
        publish.unknown |= !refused.message().startsWith("not published");
        if (!publish.options.retry || (publish.unknown && !publish.keyed)) {
            fail(publish, failure);
        } else {
            wait(publish, loop.delay(publish.retries++));
        }
    }

    private void wait(Publish publish, long millis) {
        publish.busy = true;
        publish.retryTimer = loop.after(millis, late -> {
            publish.busy = false;
            publish.retryTimer = null;
            flush();
        });
    }

    private void fail(Publish publish, BroadcasterException error) {
        if (!remove(publish)) {
            return;
        }
        publish.promise.settle(null, publish.outcome(error));
        if (publish.options.ordered) {
            for (Publish later : new ArrayList<>(outbox)) {
                if (later.options.ordered && later.channel.equals(publish.channel) && !later.busy) {
                    fail(later, new BroadcasterException.NotPublished("not sent: an earlier one failed"));
                }
            }
        }
        flush();
    }

    /** Returns false if it has ended already. */
    private boolean remove(Publish publish) {
        if (!outbox.remove(publish)) {
            return false;
        }
        characters -= publish.params.length();
        if (publish.timeout != null) {
            publish.timeout.cancel();
        }
        if (publish.retryTimer != null) {
            publish.retryTimer.cancel();
        }
        return true;
    }

    /** The client is closed or stopped. */
    void onEnd(BroadcasterException error) {
        for (Publish publish : List.copyOf(outbox)) {
            fail(publish, error);
        }
    }
}
