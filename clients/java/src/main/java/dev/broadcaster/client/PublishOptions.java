package dev.broadcaster.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How to publish. Immutable: each method returns changed options. */
public final class PublishOptions {
    private static final Duration LONGEST = Duration.ofDays(24);
    private static final PublishOptions DEFAULTS = new PublishOptions(10_000, null, true, false);

    /** The time in which the call ends. */
    final long millis;

    final @Nullable String idempotencyKey;
    final boolean retry;
    final boolean ordered;

    private PublishOptions(long millis, @Nullable String idempotencyKey, boolean retry, boolean ordered) {
        this.millis = millis;
        this.idempotencyKey = idempotencyKey;
        this.retry = retry;
        this.ordered = ordered;
    }

    /** 10 s, with retries inside that time, and a key that the client makes. */
    public static PublishOptions defaults() {
        return DEFAULTS;
    }

    /** The time in which the call ends; at most 24 days. */
    public PublishOptions timeout(Duration value) {
        return new PublishOptions(
                value.compareTo(LONGEST) > 0 ? LONGEST.toMillis() : value.toMillis(), idempotencyKey, retry, ordered);
    }

    /** 1 to 128 printable ASCII characters: the same key within five minutes publishes once. */
    public PublishOptions idempotencyKey(String key) {
        return new PublishOptions(millis, key, retry, ordered);
    }

    /** The first failure is the result. */
    public PublishOptions withoutRetry() {
        return new PublishOptions(millis, idempotencyKey, false, ordered);
    }

    /** One at a time per channel; after a failure the waiting ones fail too. */
    public PublishOptions ordered() {
        return new PublishOptions(millis, idempotencyKey, retry, true);
    }
}
