package dev.broadcaster.redis;

import dev.broadcaster.relay.HistoryConfig;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisScriptingAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Reads parts of histories. Owned by the event loop; whoever owns the connection flushes it. */
final class HistoryCommands {
    /** A reading takes Redis less than a millisecond, and a page of small messages one packet or two. */
    private static final int PAGE_MESSAGES = 128;

    private static final int PAGE_BYTES = 512 * 1024;

    private final Script script = Script.history();
    private final KeyNames names;
    private final Runnable onWritten;

    /** @param onWritten told when something waits to be flushed */
    HistoryCommands(KeyNames names, Runnable onWritten) {
        this.names = names;
        this.onWritten = onWritten;
    }

    Script script() {
        return script;
    }

    /** The first messages of a channel's history from offset {@code first} on; failed if Redis refuses or is gone. */
    CompletionStage<HistoryPage> read(
            RedisScriptingAsyncCommands<String, Value> async,
            int tag,
            String channel,
            HistoryConfig.Rule rule,
            long first,
            int limit) {
        String[] keys = {names.counter(tag, channel), names.history(tag, channel)};
        Value[] arguments = {
            number(first), number(rule.ttl().toMillis()), number(Math.min(limit, PAGE_MESSAGES)), number(PAGE_BYTES)
        };
        CompletionStage<List<Object>> reply = async.evalsha(script.digest(), ScriptOutputType.MULTI, keys, arguments);
        onWritten.run();
        CompletionStage<List<Object>> values = reply.exceptionallyCompose(failure -> {
            if (!(failure instanceof RedisNoScriptException)) {
                return CompletableFuture.failedFuture(failure);
            }
            CompletionStage<List<Object>> again = async.eval(script.text(), ScriptOutputType.MULTI, keys, arguments);
            onWritten.run();
            return again; // somebody has flushed the scripts
        });
        return values.thenApply(reading -> {
            HistoryPage page = HistoryPage.parse(reading);
            if (page == null) {
                throw new RedisCommandExecutionException("not a page of a history");
            }
            return page;
        });
    }

    private static Value number(long number) {
        return Value.of(Long.toString(number).getBytes(StandardCharsets.US_ASCII));
    }
}
