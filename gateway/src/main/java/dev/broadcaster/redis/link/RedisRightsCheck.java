package dev.broadcaster.redis.link;

import static dev.broadcaster.redis.link.RedisCheck.await;

import dev.broadcaster.redis.link.Finding.Level;
import dev.broadcaster.redis.wire.KeyNames;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.pubsub.api.async.RedisPubSubAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Tries each command, key and topic that a node uses at one server, with names that no channel can have. */
final class RedisRightsCheck {
    private static final byte[] VALUE = "check".getBytes(StandardCharsets.ISO_8859_1);
    private static final long SECONDS = 5;
    private static final int SHOWN = 3;

    private final RedisAsyncCommands<CharSequence, Object> async;
    private final RedisPubSubAsyncCommands<CharSequence, Object> subscriptions;
    private final String prefix;
    private final String counter;
    private final String history;
    private final String answer;
    private final String topic;
    private final String state;

    private final Map<String, Supplier<CompletionStage<?>>> tries = new LinkedHashMap<>(); // by right
    private final Set<String> missing = new LinkedHashSet<>();
    private final Set<String> disabled = new LinkedHashSet<>();
    private final Map<String, List<String>> errors = new LinkedHashMap<>(); // with the rights that have shown them

    RedisRightsCheck(
            StatefulRedisConnection<CharSequence, Object> connection,
            StatefulRedisPubSubConnection<CharSequence, Object> subscriptions,
            KeyNames names,
            String prefix,
            int partition) {
        this.async = connection.async();
        this.subscriptions = subscriptions.async();
        this.prefix = prefix;
        String channel = "*check-" + Long.toHexString(System.nanoTime());
        counter = names.counter(partition, channel);
        history = names.history(partition, channel);
        answer = names.answer(partition, channel, "k");
        topic = names.topic(partition, channel);
        state = names.state(partition, channel);
    }

    /** What is missing, as the arguments of ACL SETUSER that grant it. */
    Finding run(boolean cluster, boolean histories) throws InterruptedException, TimeoutException {
        SetArgs briefly = SetArgs.Builder.ex(SECONDS);
        tries.put("+set", () -> async.set(counter, VALUE, briefly));
        tries.put("+get", () -> async.get(counter));
        tries.put("+mget", () -> async.mget(counter));
        tries.put("+ping", () -> subscriptions.ping());
        tries.put("~" + prefix + ":{*}:k:*", () -> async.set(answer, VALUE, briefly));
        tries.put("+script|load", () -> async.scriptLoad("return 1"));
        tries.put(
                "+evalsha",
                () -> async.evalsha(async.digest("return 1"), ScriptOutputType.INTEGER, new String[] {counter}));
        tries.put("+time", async::time);
        tries.put("+hset", () -> async.hset(state, "check", VALUE));
        tries.put("+pexpire", () -> async.pexpire(state, SECONDS * 1000));
        tries.put("+hget", () -> async.hget(state, "check"));
        tries.put("+hgetall", () -> async.hgetall(state));
        tries.put("+hdel", () -> async.hdel(state, "check"));
        if (histories) {
            tries.put("+xadd", () -> async.xadd(history, Map.of("m", VALUE)));
            tries.put("+xrange", () -> async.xrange(history, Range.unbounded(), Limit.from(1)));
            tries.put("+xrevrange", () -> async.xrevrange(history, Range.unbounded(), Limit.from(1)));
            tries.put("+del", () -> async.del(history));
        }
        if (cluster) {
            tries.put("+spublish", () -> async.spublish(topic, VALUE));
            tries.put("+ssubscribe", () -> subscriptions.ssubscribe(topic));
            tries.put("+sunsubscribe", () -> subscriptions.sunsubscribe(topic));
        } else {
            tries.put("+publish", () -> async.publish(topic, VALUE));
            tries.put("+subscribe", () -> subscriptions.subscribe(topic));
            tries.put("+unsubscribe", () -> subscriptions.unsubscribe(topic));
        }
        for (Map.Entry<String, Supplier<CompletionStage<?>>> one : tries.entrySet()) {
            try {
                await(one.getValue().get());
            } catch (ExecutionException e) {
                onRefused(one.getKey(), Answers.error(e.getCause()));
            }
        }
        return finding();
    }

    private void onRefused(String right, String error) {
        boolean isPermission = error.startsWith("NOPERM");
        if (isPermission && error.contains("channel")) {
            missing.add("&" + topic.substring(0, topic.indexOf('{')) + "{*}:m:*");
        } else if (isPermission && error.contains("key")) {
            missing.add(right.startsWith("~") ? right : "~" + prefix + ":{*}:" + kind(right) + ":*");
        } else if (isPermission) {
            missing.add(right.startsWith("~") ? "+set" : right);
        } else if (error.contains("unknown command")) {
            disabled.add(right.substring(1) + " is disabled or renamed: a node needs it under its name");
        } else {
            // A slot may be moved: the number and the address of the answer are not the same for each key.
            String same = error.startsWith("MOVED") ? "MOVED" : error;
            errors.computeIfAbsent(same, first -> new ArrayList<>()).add(right);
        }
    }

    /** The kind of the key with which a command was tried. */
    private static char kind(String right) {
        if (right.startsWith("+h") || right.equals("+pexpire")) {
            return 'c';
        }
        return right.startsWith("+x") || right.equals("+del") ? 'h' : 'o';
    }

    private Finding finding() {
        List<String> faults = new ArrayList<>();
        if (!missing.isEmpty()) {
            faults.add("the user lacks rights: ACL SETUSER <user> " + String.join(" ", missing));
        }
        faults.addAll(disabled);
        errors.forEach((error, rights) -> faults.add(some(rights) + ": " + RedisAdvice.ofCommand(error)));
        return faults.isEmpty()
                ? new Finding(Level.OK, "", "every command, key and topic that a node needs is allowed")
                : new Finding(Level.FAIL, "", String.join("; ", faults));
    }

    /** The first of the rights, because a server that is full or down refuses all. */
    private static String some(List<String> rights) {
        int shown = Math.min(SHOWN, rights.size());
        String text = String.join(" ", rights.subList(0, shown));
        return rights.size() == shown ? text : text + " and " + (rights.size() - shown) + " more";
    }
}
