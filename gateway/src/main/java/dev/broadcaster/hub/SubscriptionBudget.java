package dev.broadcaster.hub;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.HeapBytes;
import dev.broadcaster.message.ChannelName;
import dev.broadcaster.relay.Relay;

/**
 * Limits the bytes of the heap that subscriptions take, and the channels of the node that have one. Safe from any
 * thread.
 *
 * <p>{@link #hasRoom} is called before each subscribe, on the thread that subscribes. Other threads may subscribe in
 * between: room for one subscription of each of them stays free, so the account is never exceeded.
 */
final class SubscriptionBudget {
    /** A subscription, and its places in the map of its session and in the array of its channel. */
    private static final long SUBSCRIPTION_BYTES =
            HeapBytes.object(4, 20) + HeapBytes.object(3, 4) + HeapBytes.references(4);
    /** A channel of a shard, and its place in the map of the shard. */
    private static final long SHARD_CHANNEL_BYTES = HeapBytes.object(4, 5)
            + HeapBytes.object(3, 20)
            + HeapBytes.references(4)
            + HeapBytes.bytes(4 * Long.BYTES)
            + HeapBytes.references(2)
            + HeapBytes.object(3, 4)
            + HeapBytes.references(2);
    /** A route, and its place in the map of the hub. */
    private static final long ROUTE_BYTES =
            HeapBytes.object(2, 8) + HeapBytes.object(0, 8) + HeapBytes.object(3, 4) + HeapBytes.references(2);

    private static final String LONGEST_NAME = "x".repeat(ChannelName.MAX_LENGTH);

    private final Account account;
    private final Relay relay;
    private final long spare;

    SubscriptionBudget(Account account, Relay relay, int threads) {
        this.account = account;
        this.relay = relay;
        this.spare = threads * mostBytes(LONGEST_NAME);
    }

    private long mostBytes(String name) {
        return SUBSCRIPTION_BYTES + shardChannelBytes(name) + routeBytes(name);
    }

    /**
     * True if a connection may subscribe to one more channel; a refusal is counted.
     *
     * @param held the number of its subscriptions: as with {@link Account#take}, the fuller the account, the fewer
     * @param isNew true if its shard has no subscription to the channel
     */
    boolean hasRoom(String name, int held, boolean isNew) {
        long bytes = isNew ? mostBytes(name) : SUBSCRIPTION_BYTES;
        if (account.used() + bytes + spare <= account.limit() && (held + 1) * bytes <= account.share(account.limit())) {
            return true;
        }
        account.countRefusal();
        return false;
    }

    void onSubscribed() {
        account.add(SUBSCRIPTION_BYTES);
    }

    void onUnsubscribed() {
        account.add(-SUBSCRIPTION_BYTES);
    }

    /** A shard has its first subscription to the channel. */
    void onJoined(String name) {
        account.add(shardChannelBytes(name));
    }

    /** A shard has lost its last subscription to the channel. */
    void onLeft(String name) {
        account.add(-shardChannelBytes(name));
    }

    /** The node has its first subscription to the channel. */
    void onRouteAdded(String name) {
        account.add(routeBytes(name));
    }

    /** The node has lost its last subscription to the channel. */
    void onRouteRemoved(String name) {
        account.add(-routeBytes(name));
    }

    private static long shardChannelBytes(String name) {
        return SHARD_CHANNEL_BYTES + HeapBytes.latin1(name);
    }

    private long routeBytes(String name) {
        return ROUTE_BYTES + relay.channelBytes(name);
    }
}
