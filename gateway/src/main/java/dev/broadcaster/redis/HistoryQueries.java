package dev.broadcaster.redis;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.relay.HistoryCallback;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.HistoryOutcome;
import dev.broadcaster.time.Time;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Reads parts of the histories of any channels, over the connections for commands. Owned by the event loop. */
final class HistoryQueries {
    private final HistoryConfig config;
    private final HistoryCommands commands;
    private final Topology topology;
    private final ServerNames servers;
    private final Time time;

    HistoryQueries(HistoryConfig config, HistoryCommands commands, Topology topology, ServerNames servers, Time time) {
        this.config = config;
        this.commands = commands;
        this.topology = topology;
        this.servers = servers;
        this.time = time;
    }

    void read(String channel, @Nullable String afterId, int limit, HistoryCallback callback) {
        HistoryConfig.Rule rule = config.of(channel);
        if (rule == null) {
            callback.onOutcome(new HistoryOutcome.NoHistory());
            return;
        }
        HistoryId after = afterId == null ? null : HistoryId.parse(afterId);
        if (afterId != null && after == null) {
            callback.onOutcome(new HistoryOutcome.NotKept());
            return;
        }
        int tag = HashTags.of(channel);
        Link link = topology.link(tag);
        StatefulRedisConnection<String, Value> connection = link == null ? null : link.commands();
        if (link == null || connection == null || link.trouble(time.nanos()) != null) {
            callback.onOutcome(new HistoryOutcome.Failed(Reasons.AWAY));
            return;
        }
        CompletionStage<HistoryPage> read = commands.read(
                connection.async(), tag, channel, rule, after == null ? 0 : after.offset() + 1, limit + 1, null);
        Answers.take(read, (page, failure) -> {
            if (page == null) {
                link.problem().onRefused("a history can't be read", ErrorText.of(failure), time.nanos());
                callback.onOutcome(new HistoryOutcome.Failed(reason(failure)));
            } else if (after != null && !page.isWhole(servers::isServing)) {
                callback.onOutcome(new HistoryOutcome.NotKept());
            } else {
                callback.onOutcome(page.outcome(channel, after, limit));
            }
        });
    }

    /** What a client is told: whether Redis has answered. What Redis has said is for the log. */
    private static String reason(@Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof RedisCommandExecutionException ? Reasons.UNREADABLE : Reasons.SILENT;
    }
}
