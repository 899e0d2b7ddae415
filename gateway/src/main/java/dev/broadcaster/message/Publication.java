package dev.broadcaster.message;

import org.jspecify.annotations.Nullable;

/**
 * What somebody asks to have published. The arrays belong to it from now on: nobody writes to them again.
 *
 * @param channel a valid channel name
 * @param event the event as the JSON string that was sent, quotes included, UTF-8
 * @param payload the payload as the JSON text that was sent, UTF-8
 * @param idempotencyKey what a repeat of it has too, ASCII; or null for none
 */
@SuppressWarnings("ArrayRecordComponent") // a value that is passed on once, never compared
public record Publication(
        String channel,
        byte[] event,
        byte[] payload,
        @Nullable String idempotencyKey) {}
