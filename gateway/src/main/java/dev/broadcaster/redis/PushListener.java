package dev.broadcaster.redis;

import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one connection for subscriptions pushes, handed to the owner of its link for as long as the link has that
 * connection: what an old one still has to say is late, and counted by nobody. On the event loop.
 */
final class PushListener extends RedisPubSubAdapter<String, byte[]> {
    private static final Logger LOG = LoggerFactory.getLogger(PushListener.class);

    private final Link link;
    private final StatefulRedisPubSubConnection<String, byte[]> connection;
    private final Link.Owner owner;

    PushListener(Link link, StatefulRedisPubSubConnection<String, byte[]> connection, Link.Owner owner) {
        this.link = link;
        this.connection = connection;
        this.owner = owner;
    }

    @Override
    public void message(String topic, byte[] bytes) {
        if (link.subscriptions() != connection) {
            return;
        }
        try {
            owner.onMessage(link, topic, bytes);
        } catch (RuntimeException e) {
            LOG.error("a message of {} failed", topic, e); // the next one shows the hole
        }
    }

    @Override
    public void smessage(String topic, byte[] bytes) {
        message(topic, bytes);
    }

    @Override
    public void subscribed(String topic, long count) {
        if (link.subscriptions() == connection) {
            owner.onSubscribed(link, topic);
        }
    }

    @Override
    public void ssubscribed(String topic, long count) {
        subscribed(topic, count);
    }

    @Override
    public void unsubscribed(String topic, long count) {
        if (link.subscriptions() == connection) {
            owner.onUnsubscribed(link, topic);
        }
    }

    @Override
    public void sunsubscribed(String topic, long count) {
        unsubscribed(topic, count);
    }
}
