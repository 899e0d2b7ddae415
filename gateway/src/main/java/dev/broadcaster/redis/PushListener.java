package dev.broadcaster.redis;

import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.time.Fatal;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sorts the pushes of one connection for subscriptions: the link gets its own probe, and answers the publish of each
 * message; {@link Reception} gets the message. Ignores every push once the link has another connection. On the event loop.
 */
final class PushListener extends RedisPubSubAdapter<String, Value> {
    private static final Logger LOG = LoggerFactory.getLogger(PushListener.class);

    private final Link link;
    private final StatefulRedisPubSubConnection<String, Value> connection;
    private final Reception reception;
    private final Topology topology;
    private final RelayMetrics metrics;
    private final Loop loop;

    /**
     * Listens to {@code connection}, one of {@code link}.
     *
     * @param loop woken when there may be something to flush
     */
    PushListener(
            Link link,
            StatefulRedisPubSubConnection<String, Value> connection,
            Reception reception,
            Topology topology,
            RelayMetrics metrics,
            Loop loop) {
        this.link = link;
        this.connection = connection;
        this.reception = reception;
        this.topology = topology;
        this.metrics = metrics;
        this.loop = loop;
    }

    @Override
    public void message(String topic, Value value) {
        if (isLate()) {
            return;
        }
        try {
            if (isProbe(topic)) {
                onProbe(value);
            } else {
                Envelope envelope = value.envelope();
                if (envelope != null) {
                    link.publishes().onReturned(envelope); // before its delivery: the publisher's reply goes out first
                }
                reception.onMessage(link, topic, value);
            }
        } catch (RuntimeException e) {
            LOG.error("a message from Redis failed", e); // the next one shows the hole
        } catch (Error e) {
            throw Fatal.end(e);
        }
    }

    @Override
    public void smessage(String topic, Value value) {
        message(topic, value);
    }

    @Override
    public void subscribed(String topic, long count) {
        if (isLate()) {
            return;
        }
        try {
            if (isProbe(topic)) {
                link.onListening(); // what was sent before may have come too early
                loop.wake();
            } else {
                reception.onSubscribed(link, topic);
            }
        } catch (Error e) {
            throw Fatal.end(e);
        }
    }

    @Override
    public void ssubscribed(String topic, long count) {
        subscribed(topic, count);
    }

    @Override
    public void unsubscribed(String topic, long count) {
        Probe probe = link.probe();
        if (isLate() || (probe != null && probe.unusedTopic().equals(topic))) {
            return;
        }
        try {
            if (isProbe(topic)) {
                link.probe(null);
            } else {
                reception.onUnsubscribed(link, topic);
            }
            topology.onMoved();
            loop.wake();
        } catch (Error e) {
            throw Fatal.end(e);
        }
    }

    @Override
    public void sunsubscribed(String topic, long count) {
        unsubscribed(topic, count);
    }

    private boolean isLate() {
        return link.subscriptions() != connection;
    }

    private boolean isProbe(String topic) {
        Probe probe = link.probe();
        return probe != null && probe.topic().equals(topic);
    }

    private void onProbe(Value value) {
        Envelope envelope = value.envelope();
        if (envelope == null) {
            metrics.countDropped(RelayMetrics.Dropped.MALFORMED); // nobody but this node knows its topic
        } else {
            link.onProbe(envelope.id());
        }
    }
}
