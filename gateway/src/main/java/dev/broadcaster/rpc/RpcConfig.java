package dev.broadcaster.rpc;

import java.time.Duration;

/**
 * Limits of the methods, and limits of the connection that clients are told; in every limit 0 = none.
 *
 * @param maxSubscriptions the largest number of subscriptions of one connection
 * @param maxMessageBytes the largest message that a client may send
 * @param pingInterval the time of silence after which a client is pinged
 */
public record RpcConfig(int maxSubscriptions, int maxMessageBytes, Duration pingInterval) {}
