package dev.broadcaster.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How to publish. Immutable: each method returns changed options. */
public final class PublishOptions {
    private static final PublishOptions DEFAULTS = new PublishOptions(Duration.ofSeconds(10), null, true, false);

    final Duration timeout;
    final @Nullable String idempotencyKey;
    final boolean retry;
    final boolean ordered;

    private PublishOptions(Duration timeout, @Nullable String idempotencyKey, boolean retry, boolean ordered) {
        this.timeout = timeout;
        this.idempotencyKey = idempotencyKey;
        this.retry = retry;
        this.ordered = ordered;
    }

    /** 10 s, with retries inside that time, and a key that the client makes. */
    public static PublishOptions defaults() {
        return DEFAULTS;
    }

    /** The time in which the call ends. */
    public PublishOptions timeout(Duration value) {
        return new PublishOptions(value, idempotencyKey, retry, ordered);
    }

    /** 1 to 128 printable ASCII characters: the same key within five minutes publishes once. */
    public PublishOptions idempotencyKey(String key) {
        return new PublishOptions(timeout, key, retry, ordered);
    }

    /** The first failure is the result. */
    public PublishOptions withoutRetry() {
        return new PublishOptions(timeout, idempotencyKey, false, ordered);
    }

    /** One at a time per channel; after a failure the waiting ones fail too. */
    public PublishOptions ordered() {
        return new PublishOptions(timeout, idempotencyKey, retry, true);
    }
}
