package dev.broadcaster.client;

/** What was read is not JSON, or not what the protocol says. */
@SuppressWarnings("serial")
final class Malformed extends RuntimeException {
    Malformed(String message) {
        super(message, null, false, false);
    }
}
