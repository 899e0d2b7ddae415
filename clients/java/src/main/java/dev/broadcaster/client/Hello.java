package dev.broadcaster.client;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The description of a node and the connection (section 10 of the protocol).
 *
 * @param expiresIn milliseconds until the token ends; null if the node does not send it
 * @param pingInterval milliseconds; 0 for a node that sends no keepalives
 * @param maxMessageBytes the largest request; 0 for no limit
 */
record Hello(@Nullable Long expiresIn, long pingInterval, long maxMessageBytes, Set<String> features) {
    private static final long MAX_MESSAGE_BYTES = 65_536;

    /** For a node that sends no hello. */
    static final Hello NONE = new Hello(null, 0, MAX_MESSAGE_BYTES, Set.of());

    static Hello read(@Nullable JsonObject hello) {
        if (hello == null) {
            return NONE;
        }
        Set<String> features = Set.copyOf(hello.strings("features"));
        return new Hello(
                hello.integer("expiresIn"),
                features.contains("keepalive") ? Math.max(0, hello.integer("pingInterval", 0)) : 0,
                hello.integer("maxMessageBytes", MAX_MESSAGE_BYTES),
                features);
    }
}
