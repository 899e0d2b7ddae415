package dev.broadcaster.redis.link;

import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.time.Fatal;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Dispatches the pushes of one connection for subscriptions: the link gets its own probe and each message that answers
 * a publish; the channels get everything else. Ignores every push when the link has another connection. On the event
 * loop.
 */
final class PushListener extends RedisPubSubAdapter<CharSequence, Object> {
    private static final Logger LOG = LoggerFactory.getLogger(PushListener.class);

    private final Link link;
    private final StatefulRedisPubSubConnection<CharSequence, Object> connection;
    private final Source.Listener listener;
    private final Topology topology;
    private final RelayMetrics metrics;
    private final Loop loop;

    /**
     * Listens to {@code connection}, which belongs to {@code link}.
     *
     * @param listener gets the pushes for channels
     * @param loop woken when there may be commands to flush
     */
    PushListener(
            Link link,
            StatefulRedisPubSubConnection<CharSequence, Object> connection,
            Source.Listener listener,
            Topology topology,
            RelayMetrics metrics,
            Loop loop) {
        this.link = link;
        this.connection = connection;
        this.listener = listener;
        this.topology = topology;
        this.metrics = metrics;
        this.loop = loop;
    }

    /**
     * @param value an {@link Envelope}, or the bytes if the value is not one
     */
    @Override
    public void message(CharSequence pushed, Object value) {
        if (isReplaced()) {
            return;
        }
        String topic = pushed.toString();
        try {
            Envelope envelope = value instanceof Envelope parsed ? parsed : null;
            if (isProbe(topic)) {
                onProbe(envelope);
            } else if (envelope != null) {
                link.publishes().onReturned(envelope); // before the delivery: the publisher's reply comes first
                listener.onMessage(link.source(), topic, envelope);
            } else if (value instanceof byte[] bytes) {
                listener.onForeign(link.source(), topic, bytes);
            }
        } catch (RuntimeException e) {
            LOG.error("exception while handling a message from Redis", e); // the next message reveals the hole
        } catch (Error e) {
            throw Fatal.end(e);
        }
    }

    @Override
    public void smessage(CharSequence topic, Object value) {
        message(topic, value);
    }

    @Override
    public void subscribed(CharSequence pushed, long count) {
        if (isReplaced()) {
            return;
        }
        String topic = pushed.toString();
        try {
            if (isProbe(topic)) {
                link.onListening(); // an earlier probe may have arrived too early
                loop.wake();
            } else {
                listener.onSubscribed(link.source(), topic);
            }
        } catch (Error e) {
            throw Fatal.end(e);
        }
    }

    @Override
    public void ssubscribed(CharSequence topic, long count) {
        subscribed(topic, count);
    }

    @Override
    public void unsubscribed(CharSequence pushed, long count) {
        String topic = pushed.toString();
        Proof.Probe probe = link.probe();
        if (isReplaced() || (probe != null && probe.unusedTopic().equals(topic))) {
            return;
        }
        try {
            if (isProbe(topic)) {
                link.probe(null);
            } else {
                listener.onUnsubscribed(link.source(), topic);
            }
            topology.onMoved();
            loop.wake();
        } catch (Error e) {
            throw Fatal.end(e);
        }
    }

    @Override
    public void sunsubscribed(CharSequence topic, long count) {
        unsubscribed(topic, count);
    }

    private boolean isReplaced() {
        return link.subscriptions() != connection;
    }

    private boolean isProbe(String topic) {
        Proof.Probe probe = link.probe();
        return probe != null && probe.topic().equals(topic);
    }

    private void onProbe(@Nullable Envelope envelope) {
        if (envelope == null) {
            metrics.countDropped(RelayMetrics.Dropped.MALFORMED); // only this node uses the topic
        } else {
            link.onProbe(envelope.id());
        }
    }
}
