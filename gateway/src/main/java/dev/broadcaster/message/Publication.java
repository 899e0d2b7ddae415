package dev.broadcaster.message;

import org.jspecify.annotations.Nullable;

/**
 * A message to publish. It owns the arrays: they are not written again.
 *
 * @param channel a valid channel name
 * @param event the event as the JSON string that was sent, quotes included, UTF-8
 * @param payload the payload as the JSON text that was sent, UTF-8
 * @param idempotencyKey a key that a repeat has too, ASCII; or null for none
 */
@SuppressWarnings("ArrayRecordComponent") // a value that is passed on once, never compared
public record Publication(
        String channel,
        byte[] event,
        byte[] payload,
        @Nullable String idempotencyKey) {}
