package dev.broadcaster.redis;

import dev.broadcaster.relay.HistoryConfig;
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

/** Reads parts of histories. Owned by the event loop; whoever owns the connection flushes it. */
final class HistoryCommands {
    /** A reading takes Redis less than a millisecond, and a page of small messages one packet or two. */
    private static final int PAGE_MESSAGES = 128;

    private static final int PAGE_BYTES = 512 * 1024;

    private final Script script = Script.history();
    private final KeyNames names;
    private final Supplier<String> epochs;
    private final Loop loop;

    /**
     * Commands for all channels.
     *
     * @param epochs makes a name that no life of a counter has had
     * @param loop woken when something waits to be flushed
     */
    HistoryCommands(KeyNames names, Supplier<String> epochs, Loop loop) {
        this.names = names;
        this.epochs = epochs;
        this.loop = loop;
    }

    Script script() {
        return script;
    }

    /**
     * The first messages of a channel's history from offset {@code first} on; failed if Redis refuses or is gone.
     *
     * @param creator the name of the server, to create the counter if there is none; null to leave it
     */
    CompletionStage<HistoryPage> read(
            RedisScriptingAsyncCommands<String, Value> async,
            int tag,
            String channel,
            HistoryConfig.Rule rule,
            long first,
            int limit,
            @Nullable String creator) {
        String name = KeyNames.bytes(channel);
        String[] keys = {names.counter(tag, name), names.history(tag, name)};
        List<Value> values = new ArrayList<>(7);
        values.add(number(first));
        values.add(number(rule.ttl().toMillis()));
        values.add(number(Math.min(limit, PAGE_MESSAGES)));
        values.add(number(PAGE_BYTES));
        if (creator != null) {
            values.add(text(epochs.get()));
            values.add(text(creator));
            values.add(number(rule.counterLifetime().toSeconds()));
        }
        Value[] arguments = values.toArray(Value[]::new);
        CompletionStage<List<Object>> reply = async.evalsha(script.digest(), ScriptOutputType.MULTI, keys, arguments);
        loop.wake();
        CompletionStage<List<Object>> answer = reply.exceptionallyCompose(failure -> {
            if (!(failure instanceof RedisNoScriptException)) {
                return CompletableFuture.failedFuture(failure);
            }
            // Somebody has flushed the scripts. What Redis has against loading one is said by what comes next.
            var unused = script.load(async);
            CompletionStage<List<Object>> again =
                    async.evalsha(script.digest(), ScriptOutputType.MULTI, keys, arguments);
            loop.wake();
            return again;
        });
        return answer.thenApply(reading -> {
            HistoryPage page = HistoryPage.parse(reading);
            if (page == null) {
                throw new RedisCommandExecutionException("not a page of a history");
            }
            return page;
        });
    }

    private static Value number(long number) {
        return text(Long.toString(number));
    }

    private static Value text(String text) {
        return Value.of(text.getBytes(StandardCharsets.US_ASCII));
    }
}
