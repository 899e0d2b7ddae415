package dev.broadcaster.rpc;

/**
 * Limits of the methods.
 *
 * @param maxSubscriptions the most subscriptions of one connection; 0 = no limit
 */
public record RpcConfig(int maxSubscriptions) {}
