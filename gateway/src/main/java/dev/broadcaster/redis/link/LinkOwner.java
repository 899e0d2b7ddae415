package dev.broadcaster.redis.link;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;

/** Uses the connections of a {@link Link}. Called on the event loop. */
interface LinkOwner {
    /** There is a new connection for subscriptions. */
    void onSubscriptionsUp(Link link, StatefulRedisPubSubConnection<CharSequence, Object> connection);

    /** The connection for subscriptions has ended, and with it the subscriptions. */
    void onSubscriptionsDown(Link link);

    /** There is a new connection for commands. */
    void onCommandsUp(Link link, StatefulRedisConnection<CharSequence, Object> connection);

    /** Redis was silent for a while: another server may have taken over meanwhile. */
    void onLate(Link link);

    /** Redis has refused a publish. */
    void onRefused(Link link, String error);

    /** Sends a probe and calls {@link Link#onProbeSent}; false if the link serves no partition. */
    boolean sendProbe(Link link);
}
