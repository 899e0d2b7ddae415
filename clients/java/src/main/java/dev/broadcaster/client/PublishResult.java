package dev.broadcaster.client;

import java.time.Instant;

/**
 * A message that the gateway has accepted.
 *
 * @param id the position of the message in its channel
 */
public record PublishResult(String id, Instant createTime) {}
