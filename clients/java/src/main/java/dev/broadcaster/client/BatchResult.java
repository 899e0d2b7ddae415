package dev.broadcaster.client;

import org.jspecify.annotations.Nullable;

/**
 * The outcome of one message of a batch: one of the two is null.
 *
 * @param published the accepted message
 * @param error the reason why it was not accepted, or that the outcome is unknown
 */
public record BatchResult(
        @Nullable PublishResult published, @Nullable BroadcasterException error) {}
