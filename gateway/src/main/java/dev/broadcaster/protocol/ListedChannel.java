package dev.broadcaster.protocol;

/**
 * A channel in the answer of {@code GET /channels} (PROTOCOL section 13).
 *
 * @param subscribers the number of subscriptions
 */
public record ListedChannel(String channel, int subscribers) {}
