package dev.broadcaster.client;

import org.jspecify.annotations.Nullable;

/**
 * What became of one message of a batch: one of both is null.
 *
 * @param published the accepted message
 * @param error why it was not accepted, or that nobody knows
 */
public record BatchResult(
        @Nullable PublishResult published, @Nullable BroadcasterException error) {}
