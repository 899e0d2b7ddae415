package dev.broadcaster.client;

/** The input is not JSON, or violates the protocol. */
@SuppressWarnings("serial")
final class Malformed extends RuntimeException {
    Malformed(String message) {
        super(message, null, false, false);
    }
}
