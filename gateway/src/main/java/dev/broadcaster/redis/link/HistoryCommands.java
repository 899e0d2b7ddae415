package dev.broadcaster.redis.link;

import dev.broadcaster.redis.wire.HistoryPage;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.time.Time;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisScriptingAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads pages of histories. The owner of the connection flushes it. Owned by the event loop. */
final class HistoryCommands {
    /** Redis reads a page in less than a millisecond; a page of small messages fits into one or two packets. */
    private static final int PAGE_MESSAGES = 128;

    private static final int PAGE_BYTES = 512 * 1024;

    private final Script script = Script.history();
    private final KeyNames names;
    private final Supplier<String> epochs;
    private final Loop loop;
    private final Time time;

    /**
     * Commands for all channels.
     *
     * @param epochs makes names that no earlier epoch had
     * @param loop woken when a command waits to be flushed
     */
    HistoryCommands(KeyNames names, Supplier<String> epochs, Loop loop, Time time) {
        this.names = names;
        this.epochs = epochs;
        this.loop = loop;
        this.time = time;
    }

    Script script() {
        return script;
    }

    /**
     * The first messages of a channel's history from offset {@code first}; fails if Redis refuses or is disconnected.
     *
     * @param creator the name of the server for a counter that is created if there is none; null to create none
     */
    CompletionStage<HistoryPage> read(
            RedisScriptingAsyncCommands<CharSequence, Object> async,
            int partition,
            String channel,
            HistoryConfig.Rule rule,
            long first,
            int limit,
            @Nullable String creator) {
        String name = KeyNames.bytes(channel);
        String[] keys = {names.counter(partition, name), names.history(partition, name)};
        List<byte[]> values = new ArrayList<>(7);
        values.add(number(first));
        values.add(number(rule.ttl().toMillis()));
        values.add(number(Math.min(limit, PAGE_MESSAGES)));
        values.add(number(PAGE_BYTES));
        if (creator != null) {
            values.add(text(epochs.get()));
            values.add(text(creator));
            values.add(number(rule.counterLifetime().toSeconds()));
        }
        Object[] arguments = values.toArray();
        CompletionStage<List<Object>> reply = async.evalsha(script.digest(), ScriptOutputType.MULTI, keys, arguments);
        loop.wake();
        CompletionStage<List<Object>> answer = reply.exceptionallyCompose(failure -> {
            if (!(failure instanceof RedisNoScriptException)) {
                return CompletableFuture.failedFuture(failure);
            }
            // The scripts were flushed from Redis. If it refuses to load one, the next reading fails.
            var unused = script.load(async);
            CompletionStage<List<Object>> again =
                    async.evalsha(script.digest(), ScriptOutputType.MULTI, keys, arguments);
            loop.wake();
            return again;
        });
        return answer.thenApply(reading -> {
            HistoryPage page = HistoryPage.parse(reading, time.nanos());
            if (page == null) {
                throw new RedisCommandExecutionException("not a page of a history");
            }
            return page;
        });
    }

    private static byte[] number(long number) {
        return text(Long.toString(number));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
