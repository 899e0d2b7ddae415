package dev.broadcaster.redis.link;

import dev.broadcaster.redis.wire.ChannelKey;
import dev.broadcaster.redis.wire.HistoryPage;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.redis.wire.Position;
import dev.broadcaster.relay.HistoryConfig;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.pubsub.api.async.RedisPubSubAsyncCommands;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The commands on a link's connection for subscriptions: pipelined, and flushed by the owner of the link. Lettuce takes
 * the first push of a subscription for the answer to the next SUBSCRIBE, so another command follows each subscribing
 * one. Owned by the event loop.
 */
final class SubscriptionCommands implements Source {
    private static final Logger LOG = LoggerFactory.getLogger(SubscriptionCommands.class);
    private static final int MAX_BATCH = 1000;
    private static final int MAX_READING = 8;

    private record Request(SubscribedChannel channel, HistoryReading reading, long first) {}

    private final String link;
    private final KeyNames names;
    private final boolean sharded;
    private final HistoryCommands histories;
    private final Supplier<@Nullable String> creator;
    private final Publishes publishes;
    private final Proof proof;
    private final Loop loop;
    private final Queue<Request> waiting = new ArrayDeque<>(); // readings beyond MAX_READING
    private @Nullable StatefulRedisPubSubConnection<CharSequence, Object> connection;
    private String serverId = ""; // of the process that answers; empty while it is unknown
    private long unknownServers;
    private int unanswered; // greetings and counters
    private int reading; // pages that Redis has not sent

    /**
     * Commands for a link that has no connection yet.
     *
     * @param link the name of the link, for logs
     * @param sharded true if topics belong to slots, and a batch to one slot
     * @param creator the name of the server for the counters that a reading creates; null if it has none
     * @param publishes called with each message that a reading finds
     * @param loop woken after each answer
     */
    SubscriptionCommands(
            String link,
            KeyNames names,
            boolean sharded,
            HistoryCommands histories,
            Supplier<@Nullable String> creator,
            Publishes publishes,
            Proof proof,
            Loop loop) {
        this.link = link;
        this.names = names;
        this.sharded = sharded;
        this.histories = histories;
        this.creator = creator;
        this.publishes = publishes;
        this.proof = proof;
        this.loop = loop;
    }

    /** A connection is up. First asks which process of Redis answers. */
    void onUp(StatefulRedisPubSubConnection<CharSequence, Object> fresh) {
        connection = fresh;
        then(fresh, fresh.async().info("server"), (info, failure) -> {
            // Without the right to ask, no two connections count as the same process.
            String id = Answers.process(info);
            serverId = id == null ? "unknown " + unknownServers++ : id;
        });
    }

    /** The connection has ended. */
    void onDown() {
        connection = null;
        serverId = "";
        unanswered = 0;
        reading = 0;
        waiting.clear();
    }

    /** True if Redis has answered all requests about servers and counters. */
    boolean isAnswered() {
        return unanswered == 0;
    }

    /** The process of Redis that answers; empty while it is unknown. */
    String serverId() {
        return serverId;
    }

    @Override
    public boolean isLate(long now) {
        return proof.isLate(now);
    }

    /** Subscribes to a topic that has no counter; {@code onRefused} is called with the error if Redis refuses. */
    void subscribeProbe(String topic, Consumer<String> onRefused) {
        StatefulRedisPubSubConnection<CharSequence, Object> current = connection;
        if (current != null) {
            Answers.take(subscribe(current, new String[] {topic}), (nothing, failure) -> {
                if (Answers.isRefusal(failure) && connection == current) {
                    onRefused.accept("refused: " + Answers.error(failure));
                }
            });
            var unused = current.async().ping();
        }
    }

    /**
     * Tries the other commands that a channel needs: reading the counter, and unsubscribing.
     *
     * @param awaiting called with the name of each command, and its answer
     */
    void tryAll(Proof.Probe probe, BiConsumer<String, CompletionStage<?>> awaiting) {
        StatefulRedisPubSubConnection<CharSequence, Object> current = connection;
        if (current != null) {
            RedisPubSubAsyncCommands<CharSequence, Object> async = current.async();
            awaiting.accept("MGET", async.mget(names.counter(probe.partition(), probe.channel())));
            String topic = probe.unusedTopic();
            awaiting.accept(
                    sharded ? "SUNSUBSCRIBE" : "UNSUBSCRIBE",
                    sharded ? async.sunsubscribe(topic) : async.unsubscribe(topic));
            awaiting.accept("PING", async.ping());
        }
    }

    @Override
    public void subscribe(List<? extends SubscribedChannel> channels) {
        StatefulRedisPubSubConnection<CharSequence, Object> current = connection;
        if (current == null) {
            channels.forEach(channel -> channel.onRefused(this));
            return;
        }
        for (List<SubscribedChannel> batch : batches(channels)) {
            Answers.take(subscribe(current, topics(batch)), (nothing, failure) -> {
                if (failure != null) {
                    LOG.warn("Redis {}: cannot subscribe: {}", link, Answers.error(failure));
                }
            });
            readCounters(current, batch);
        }
    }

    @Override
    public void readCounter(SubscribedChannel channel) {
        StatefulRedisPubSubConnection<CharSequence, Object> current = connection;
        if (current == null) {
            channel.onRefused(this);
        } else {
            readCounters(current, List.of(channel));
        }
    }

    private void readCounters(
            StatefulRedisPubSubConnection<CharSequence, Object> current, List<SubscribedChannel> batch) {
        String[] counters = batch.stream()
                .map(channel -> channel.key())
                .map(key -> names.counter(key.partition(), KeyNames.bytes(key.name())))
                .toArray(String[]::new);
        then(current, current.async().mget(counters), (values, failure) -> {
            if (values == null || values.size() != batch.size()) {
                LOG.warn(
                        "Redis {}: cannot read counters: {}",
                        link,
                        failure == null ? "too few values" : Answers.error(failure));
                batch.forEach(channel -> channel.onRefused(this));
                return;
            }
            for (int i = 0; i < batch.size(); i++) {
                batch.get(i).onCounter(this, counter(values.get(i)), serverId);
            }
        });
    }

    private static Position counter(KeyValue<CharSequence, Object> value) {
        return Position.parse(value.getValueOrElse(null) instanceof byte[] bytes ? bytes : null);
    }

    @Override
    public void unsubscribe(List<? extends SubscribedChannel> channels) {
        if (connection == null) {
            return;
        }
        RedisPubSubAsyncCommands<CharSequence, Object> async = connection.async();
        for (List<SubscribedChannel> batch : batches(channels)) {
            String[] topics = topics(batch);
            RedisFuture<?> unused = sharded ? async.sunsubscribe(topics) : async.unsubscribe(topics);
            unused = async.ping();
        }
    }

    @Override
    public void readHistory(SubscribedChannel channel, HistoryReading history, long first) {
        waiting.add(new Request(channel, history, first));
        readWaiting();
    }

    private void readWaiting() {
        StatefulRedisPubSubConnection<CharSequence, Object> current = connection;
        while (reading < MAX_READING && !waiting.isEmpty()) {
            Request request = waiting.remove();
            ChannelKey key = request.channel.key();
            HistoryConfig.Rule rule = key.rule();
            if (current == null || rule == null || !request.channel.wants(request.reading)) {
                continue;
            }
            reading++;
            CompletionStage<HistoryPage> page = histories.read(
                    current.async(),
                    key.partition(),
                    key.name(),
                    rule,
                    request.first,
                    Integer.MAX_VALUE,
                    request.reading.repairs() ? null : creator.get());
            Answers.take(page, (value, failure) -> {
                onPage(request, value, failure);
                if (connection == current) {
                    reading--;
                    readWaiting();
                }
            });
        }
    }

    private void onPage(Request request, @Nullable HistoryPage page, @Nullable Throwable failure) {
        if (page != null) {
            page.entries().forEach(entry -> publishes.onReturned(entry.envelope()));
        }
        if (!request.channel.wants(request.reading)) {
            return;
        }
        if (page != null) {
            request.channel.onPage(request.reading, page);
        } else {
            request.channel.onFailed(request.reading, Answers.isRefusal(failure) ? Answers.error(failure) : null);
        }
    }

    /** The channels in groups of one command each: not too many, and in a cluster of one slot. */
    private List<List<SubscribedChannel>> batches(List<? extends SubscribedChannel> channels) {
        Map<Integer, List<SubscribedChannel>> bySlot = new HashMap<>();
        for (SubscribedChannel channel : channels) {
            bySlot.computeIfAbsent(sharded ? channel.key().partition() : 0, slot -> new ArrayList<>())
                    .add(channel);
        }
        List<List<SubscribedChannel>> batches = new ArrayList<>();
        for (List<SubscribedChannel> ofSlot : bySlot.values()) {
            for (int from = 0; from < ofSlot.size(); from += MAX_BATCH) {
                batches.add(List.copyOf(ofSlot.subList(from, Math.min(ofSlot.size(), from + MAX_BATCH))));
            }
        }
        return batches;
    }

    private static String[] topics(List<SubscribedChannel> batch) {
        return batch.stream().map(channel -> channel.key().topic()).toArray(String[]::new);
    }

    private RedisFuture<Void> subscribe(StatefulRedisPubSubConnection<CharSequence, Object> current, String[] topics) {
        return sharded ? current.async().ssubscribe(topics) : current.async().subscribe(topics);
    }

    private <T> void then(
            StatefulRedisPubSubConnection<CharSequence, Object> current,
            RedisFuture<T> future,
            BiConsumer<T, Throwable> answer) {
        unanswered++;
        Answers.take(future, (value, failure) -> {
            if (connection == current) {
                unanswered--;
                answer.accept(value, failure);
                loop.wake();
            }
        });
    }
}
