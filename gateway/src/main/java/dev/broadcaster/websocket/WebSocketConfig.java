package dev.broadcaster.websocket;

import java.time.Duration;

/**
 * Limits and deadlines of connections (PROTOCOL section 7); in every limit 0 = none.
 *
 * @param maxMessageBytes the largest message that a client may send
 * @param maxPendingBytes the bytes that may wait for a client that does not read
 * @param maxRequestRate requests per second of one connection; twice as many may come at once
 * @param maxConnections connections of this node
 * @param maxUnauthenticated those of them that have not authenticated
 * @param authTimeout from the handshake to a successful {@code auth}
 * @param pingInterval silence of a client after which it is pinged
 * @param idleTimeout silence of a client after which it is closed
 * @param compression true if clients may negotiate permessage-deflate (RFC 7692)
 */
public record WebSocketConfig(
        int maxMessageBytes,
        long maxPendingBytes,
        int maxRequestRate,
        int maxConnections,
        int maxUnauthenticated,
        Duration authTimeout,
        Duration pingInterval,
        Duration idleTimeout,
        boolean compression) {}
