package dev.broadcaster.message;

/**
 * A message that the relay has accepted.
 *
 * @param id unique for ever, ASCII without characters that JSON escapes; opaque to clients
 * @param createTime RFC 3339, UTC, {@code Z}
 * @param channel the channel that it was published to
 * @param event the event as a JSON string, quotes included, UTF-8
 * @param payload the payload as JSON text, UTF-8, byte for byte as it was published
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, and the arrays are never written
public record Message(String id, String createTime, String channel, byte[] event, byte[] payload) {}
