package dev.broadcaster.rpc;

import java.time.Duration;

/**
 * Limits of the methods, and those of the connection that clients are told; in every limit 0 = none.
 *
 * @param maxSubscriptions the most subscriptions of one connection
 * @param maxMessageBytes the largest message that a client may send
 * @param pingInterval how often a quiet client is pinged
 */
public record RpcConfig(int maxSubscriptions, int maxMessageBytes, Duration pingInterval) {}
