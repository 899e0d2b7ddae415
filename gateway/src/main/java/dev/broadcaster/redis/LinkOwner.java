package dev.broadcaster.redis;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;

/** Uses the connections of a {@link Link}. Called on the event loop. */
interface LinkOwner {
    /** A connection for subscriptions is there, fresh. */
    void onSubscriptionsUp(Link link, StatefulRedisPubSubConnection<String, Value> connection);

    /** It is gone, and everything subscribed on it. */
    void onSubscriptionsDown(Link link);

    /** A connection for commands is there, fresh. */
    void onCommandsUp(Link link, StatefulRedisConnection<String, Value> connection);

    /** It was silent for a while: somebody else may have taken over meanwhile, and it may not know that. */
    void onLate(Link link);

    /** Redis has refused a publish. */
    void onRefused(Link link, String error);

    /** Send a probe and tell {@link Link#onProbeSent}, and its return {@link Link#onProbe}; false if it serves nothing. */
    boolean sendProbe(Link link);
}
