package dev.broadcaster.redis.link;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.HistoryPage;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.redis.wire.Position;
import dev.broadcaster.redis.wire.Reasons;
import dev.broadcaster.relay.HistoryCallback;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.HistoryOutcome;
import dev.broadcaster.time.Time;
import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The requests for the history of any channel, subscribed or not: a part of its messages, its extent, its deletion. Each
 * callback is called once, on the event loop. Called on the event loop only.
 */
public final class HistoryRequests {
    private final HistoryConfig history;
    private final KeyNames names;
    private final Topology topology;
    private final HistoryCommands commands;
    private final StateCommands state;
    private final Predicate<String> isServing;
    private final Time time;

    /** @param isServing true if the server with a name serves a partition */
    HistoryRequests(
            HistoryConfig history,
            KeyNames names,
            Topology topology,
            HistoryCommands commands,
            StateCommands state,
            Predicate<String> isServing,
            Time time) {
        this.history = history;
        this.names = names;
        this.topology = topology;
        this.commands = commands;
        this.state = state;
        this.isServing = isServing;
        this.time = time;
    }

    /** Like {@link dev.broadcaster.relay.Relay#history}. */
    public void read(String channel, @Nullable String afterId, int limit, HistoryCallback callback) {
        HistoryConfig.Rule rule = history.of(channel);
        if (rule == null) {
            callback.onOutcome(new HistoryOutcome.NoHistory());
            return;
        }
        HistoryId after = afterId == null ? null : HistoryId.parse(afterId);
        if (afterId != null && after == null) {
            callback.onOutcome(new HistoryOutcome.NotKept());
            return;
        }
        int partition = KeyNames.partition(channel);
        Link link = topology.link(partition);
        StatefulRedisConnection<CharSequence, Object> connection = link == null ? null : link.commands();
        if (link == null || connection == null || link.trouble(time.nanos()) != null) {
            callback.onOutcome(new HistoryOutcome.Failed(Reasons.AWAY));
            return;
        }
        CompletionStage<HistoryPage> read = commands.read(
                connection.async(), partition, channel, rule, after == null ? 0 : after.offset() + 1, limit + 1, null);
        Answers.take(read, (page, failure) -> {
            if (page == null) {
                link.problem().onRefused("cannot read a history", Answers.error(failure));
                // The reason for a client states only whether Redis has answered.
                callback.onOutcome(
                        new HistoryOutcome.Failed(Answers.isRefusal(failure) ? Reasons.UNREADABLE : Reasons.SILENT));
            } else if (after != null && !page.isWhole(isServing)) {
                callback.onOutcome(new HistoryOutcome.NotKept());
            } else {
                callback.onOutcome(page.outcome(channel, after, limit));
            }
        });
    }

    /** Like {@link dev.broadcaster.relay.Relay#extent}. */
    public void extent(String channel, HistoryCallback callback) {
        HistoryConfig.Rule rule = history.of(channel);
        if (rule == null) {
            callback.onOutcome(new HistoryOutcome.NoHistory());
            return;
        }
        byte[] ttl = Long.toString(rule.ttl().toMillis()).getBytes(StandardCharsets.US_ASCII);
        int partition = KeyNames.partition(channel);
        state.run(StateScript.EXTENT, partition, keys(partition, channel), List.of(ttl), (reply, refusal) -> {
            if (reply == null || reply.size() != 2) {
                callback.onOutcome(failed(refusal));
            } else if (reply.get(0) instanceof byte[] counter && reply.get(1) instanceof byte[] size) {
                String count = new String(size, StandardCharsets.US_ASCII);
                callback.onOutcome(new HistoryOutcome.Extent(
                        Math.max(0, Envelope.number(count)),
                        Position.parse(counter.length == 0 ? null : counter).id()));
            } else {
                callback.onOutcome(failed("not an extent"));
            }
        });
    }

    /** Like {@link dev.broadcaster.relay.Relay#deleteHistory}, on the server only. */
    public void delete(String channel, HistoryCallback callback) {
        if (history.of(channel) == null) {
            callback.onOutcome(new HistoryOutcome.NoHistory());
            return;
        }
        int partition = KeyNames.partition(channel);
        state.delete(
                partition,
                keys(partition, channel),
                (reply, refusal) -> callback.onOutcome(reply == null ? failed(refusal) : new HistoryOutcome.Deleted()));
    }

    private List<String> keys(int partition, String channel) {
        String name = KeyNames.bytes(channel);
        return List.of(names.counter(partition, name), names.history(partition, name));
    }

    private static HistoryOutcome failed(@Nullable String refusal) {
        return new HistoryOutcome.Failed(refusal == null ? Reasons.AWAY : Reasons.REFUSED);
    }
}
