package dev.broadcaster.redis;

import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.pubsub.api.async.RedisPubSubAsyncCommands;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is said on the connections for subscriptions, pipelined, and flushed by the link's owner. Lettuce takes the first
 * push of a subscription for the command's answer, so between two subscribing commands there is always another one. Owned
 * by the event loop.
 */
final class SubscriptionCommands {
    private static final int MAX_BATCH = 1000;

    private static final Logger LOG = LoggerFactory.getLogger(SubscriptionCommands.class);

    private final KeyNames names;
    private final boolean sharded;
    private final Loop loop;
    private final Map<Link, String> serverIds = new HashMap<>();
    private final Map<Link, Integer> pending = new HashMap<>();
    private long unknownServers;

    /**
     * Commands for one kind of pub/sub.
     *
     * @param sharded whether topics belong to slots, and a batch to one slot
     * @param loop woken after each answer
     */
    SubscriptionCommands(KeyNames names, boolean sharded, Loop loop) {
        this.names = names;
        this.sharded = sharded;
        this.loop = loop;
    }

    /** How many answers a link still owes. */
    int pending(Link link) {
        return pending.getOrDefault(link, 0);
    }

    /** The first thing on a new connection: who answers here? */
    void greet(Link link, StatefulRedisPubSubConnection<String, Value> connection) {
        pending.merge(link, 1, Integer::sum);
        then(link, connection, connection.async().info("server"), (info, failure) -> {
            // Not allowed to know: then no two connections are the same server.
            String id = ServerId.of(info);
            serverIds.put(link, id == null ? "unknown " + unknownServers++ : id);
        });
    }

    /** The process of Redis at the other end; empty while it has not said. */
    String serverId(Link link) {
        return serverIds.getOrDefault(link, "");
    }

    /** Subscribes to a topic that has no counter; {@code onRefused} is told what Redis has against it. */
    void subscribeProbe(Link link, String topic, Consumer<String> onRefused) {
        StatefulRedisPubSubConnection<String, Value> connection = link.subscriptions();
        if (connection != null) {
            Answers.take(subscribe(connection, new String[] {topic}), (nothing, failure) -> {
                if (failure instanceof RedisCommandExecutionException && link.subscriptions() == connection) {
                    onRefused.accept("refused: " + ErrorText.of(failure));
                }
            });
            var unused = connection.async().ping();
        }
    }

    /** Tries what a channel needs besides its subscription: its counter, and an end. */
    void tryAll(Link link, Probe probe, ProbeRound round) {
        StatefulRedisPubSubConnection<String, Value> connection = link.subscriptions();
        if (connection != null) {
            RedisPubSubAsyncCommands<String, Value> async = connection.async();
            round.await("MGET", async.mget(names.counter(probe.tag(), probe.channel())));
            String topic = probe.unusedTopic();
            round.await(
                    sharded ? "SUNSUBSCRIBE" : "UNSUBSCRIBE",
                    sharded ? async.sunsubscribe(topic) : async.unsubscribe(topic));
            round.await("PING", async.ping());
        }
    }

    /** Subscribes, then reads the counters. */
    void subscribe(Link link, List<ReceivedChannel> channels, Reception reception) {
        StatefulRedisPubSubConnection<String, Value> connection = link.subscriptions();
        if (connection == null) {
            reception.onRefused(link, channels);
            return;
        }
        for (List<ReceivedChannel> batch : batches(channels)) {
            String[] topics = topics(batch);
            Answers.take(subscribe(connection, topics), (nothing, failure) -> {
                if (failure != null) {
                    LOG.warn("Redis {}: subscribe: {}", link.name(), ErrorText.of(failure));
                }
            });
            readCounters(link, batch, reception);
        }
    }

    /** Reads the counters; {@code reception} hears of them in their order with everything that is received. */
    void readCounters(Link link, List<ReceivedChannel> batch, Reception reception) {
        StatefulRedisPubSubConnection<String, Value> connection = link.subscriptions();
        if (connection == null) {
            reception.onRefused(link, batch);
            return;
        }
        String[] counters = batch.stream()
                .map(channel -> names.counter(channel.tag, KeyNames.bytes(channel.name)))
                .toArray(String[]::new);
        pending.merge(link, 1, Integer::sum);
        then(link, connection, connection.async().mget(counters), (values, failure) -> {
            if (values == null || values.size() != batch.size()) {
                LOG.warn("Redis {}: counters: {}", link.name(), failure == null ? "too few" : ErrorText.of(failure));
                reception.onRefused(link, batch);
            } else {
                reception.onCounters(link, batch, positions(values), serverId(link));
            }
        });
    }

    /** Ends subscriptions; nothing waits for the answer. */
    void unsubscribe(Link link, List<ReceivedChannel> channels) {
        StatefulRedisPubSubConnection<String, Value> connection = link.subscriptions();
        if (connection == null) {
            return;
        }
        RedisPubSubAsyncCommands<String, Value> async = connection.async();
        for (List<ReceivedChannel> batch : batches(channels)) {
            String[] topics = topics(batch);
            RedisFuture<?> unused = sharded ? async.sunsubscribe(topics) : async.unsubscribe(topics);
            unused = async.ping();
        }
    }

    /** The connection for subscriptions is gone. */
    void forget(Link link) {
        pending.remove(link);
        serverIds.remove(link);
    }

    /** What can go with one command each: not too much, and in a cluster of one slot. */
    private List<List<ReceivedChannel>> batches(List<ReceivedChannel> channels) {
        Map<Integer, List<ReceivedChannel>> bySlot = new HashMap<>();
        for (ReceivedChannel channel : channels) {
            bySlot.computeIfAbsent(sharded ? channel.tag : 0, slot -> new ArrayList<>())
                    .add(channel);
        }
        List<List<ReceivedChannel>> batches = new ArrayList<>();
        for (List<ReceivedChannel> ofSlot : bySlot.values()) {
            for (int from = 0; from < ofSlot.size(); from += MAX_BATCH) {
                batches.add(List.copyOf(ofSlot.subList(from, Math.min(ofSlot.size(), from + MAX_BATCH))));
            }
        }
        return batches;
    }

    private static String[] topics(List<ReceivedChannel> batch) {
        return batch.stream().map(channel -> channel.topic).toArray(String[]::new);
    }

    private RedisFuture<Void> subscribe(StatefulRedisPubSubConnection<String, Value> connection, String[] topics) {
        return sharded
                ? connection.async().ssubscribe(topics)
                : connection.async().subscribe(topics);
    }

    private <T> void then(
            Link link,
            StatefulRedisPubSubConnection<String, Value> connection,
            RedisFuture<T> future,
            Answers.Listener<T> answer) {
        Answers.take(future, (value, failure) -> {
            if (link.subscriptions() == connection) {
                pending.merge(link, -1, Integer::sum);
                answer.on(value, failure);
                loop.wake();
            }
        });
    }

    private static List<Position> positions(List<KeyValue<String, Value>> values) {
        return values.stream()
                .map(value -> Position.parse(value.hasValue() ? value.getValue().bytes() : null))
                .toList();
    }
}
