package dev.broadcaster.redis.link;

import dev.broadcaster.time.Time;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Runs scripts at the link that serves their keys. Called on the event loop only. */
public final class StateCommands {
    /** Receives the reply to a script, once, on the event loop. */
    public interface Callback {
        /**
         * The script has run, or it has not.
         *
         * @param reply the texts that it returned, as bytes; null if there is no reply
         * @param refusal the error of Redis; null if it has replied, or is away
         */
        void onReply(@Nullable List<Object> reply, @Nullable String refusal);
    }

    private final Topology topology;
    private final Loop loop;
    private final Time time;

    StateCommands(Topology topology, Loop loop, Time time) {
        this.topology = topology;
        this.loop = loop;
        this.time = time;
    }

    /** Runs {@code script}, with keys of one partition. */
    public void run(StateScript script, int partition, List<String> keys, List<byte[]> arguments, Callback callback) {
        RedisAsyncCommands<CharSequence, Object> async = connection(partition);
        if (async == null) {
            callback.onReply(null, null);
            return;
        }
        String[] names = keys.toArray(String[]::new);
        Object[] values = arguments.toArray();
        CompletionStage<List<Object>> reply =
                async.evalsha(script.script().digest(), ScriptOutputType.MULTI, names, values);
        loop.wake();
        CompletionStage<List<Object>> answer = reply.exceptionallyCompose(failure -> {
            if (!(failure instanceof RedisNoScriptException)) {
                return CompletableFuture.failedFuture(failure);
            }
            // If Redis refuses to load it, the call fails.
            var unused = script.script().load(async);
            CompletionStage<List<Object>> again =
                    async.evalsha(script.script().digest(), ScriptOutputType.MULTI, names, values);
            loop.wake();
            return again;
        });
        Answers.take(answer, (list, failure) -> {
            callback.onReply(list, Answers.isRefusal(failure) ? Answers.error(failure) : null);
            loop.wake();
        });
    }

    /** Deletes keys of one partition; replies with an empty list. */
    void delete(int partition, List<String> keys, Callback callback) {
        RedisAsyncCommands<CharSequence, Object> async = connection(partition);
        if (async == null) {
            callback.onReply(null, null);
            return;
        }
        Answers.take(async.del(keys.toArray(String[]::new)), (count, failure) -> {
            callback.onReply(
                    failure == null ? List.of() : null, Answers.isRefusal(failure) ? Answers.error(failure) : null);
            loop.wake();
        });
        loop.wake();
    }

    private @Nullable RedisAsyncCommands<CharSequence, Object> connection(int partition) {
        Link link = topology.link(partition);
        StatefulRedisConnection<CharSequence, Object> connection = link == null ? null : link.commands();
        return link == null || connection == null || link.trouble(time.nanos()) != null ? null : connection.async();
    }
}
