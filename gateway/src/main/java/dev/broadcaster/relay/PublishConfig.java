package dev.broadcaster.relay;

/**
 * The publish limits of one publisher, an API key or a user; 0 = no limit.
 *
 * @param maxPublishRate messages per second
 * @param maxNewChannelRate channels per second that were not used recently
 */
public record PublishConfig(int maxPublishRate, int maxNewChannelRate) {}
