package dev.broadcaster.relay;

/**
 * How much one publisher, an API key or a user, may publish; 0 = no limit.
 *
 * @param maxPublishRate messages per second
 * @param maxNewChannelRate channels per second that nobody has published to lately
 */
public record PublishConfig(int maxPublishRate, int maxNewChannelRate) {}
