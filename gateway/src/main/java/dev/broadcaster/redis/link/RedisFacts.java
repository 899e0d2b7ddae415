package dev.broadcaster.redis.link;

import static dev.broadcaster.redis.link.RedisCheck.await;

import dev.broadcaster.redis.link.Finding.Level;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What one server says about itself: version, role, delay, memory and buffers. */
final class RedisFacts {
    private static final int PINGS = 5;
    private static final long SLOW_MILLIS = 20;
    /** The default of Redis. */
    private static final long PUBSUB_HARD_BYTES = 32L << 20;

    private final RedisAsyncCommands<CharSequence, Object> async;
    private final BiConsumer<Level, String> report;

    RedisFacts(StatefulRedisConnection<CharSequence, Object> connection, BiConsumer<Level, String> report) {
        this.async = connection.async();
        this.report = report;
    }

    /** False if a node cannot use this server at all, of which nothing else is worth knowing. */
    boolean run(boolean cluster, boolean histories) throws InterruptedException, TimeoutException {
        delay();
        String info = info(histories);
        if (info != null) {
            version(info);
            if ("slave".equals(field(info, "role"))) {
                report.accept(
                        Level.FAIL,
                        "a replica, which accepts no writes: name its master in REDIS_URL, or the Sentinels with"
                                + " redis-sentinel:");
                return false;
            }
            if (!cluster && "1".equals(field(info, "cluster_enabled"))) {
                report.accept(
                        Level.FAIL,
                        "a server of a cluster, which has a part of the channels: use redis-cluster: in REDIS_URL");
                return false;
            }
            eviction(info);
        }
        buffers();
        if (cluster) {
            coverage();
        }
        return true;
    }

    /** The shortest of some round trips: others may have waited for this JVM. */
    private void delay() throws InterruptedException, TimeoutException {
        long shortest = Long.MAX_VALUE;
        try {
            for (int i = 0; i < PINGS; i++) {
                long start = System.nanoTime();
                await(async.ping());
                shortest = Math.min(shortest, System.nanoTime() - start);
            }
        } catch (ExecutionException e) {
            return; // the rights say it
        }
        long hundredths = shortest / 10_000; // of a millisecond
        String text = "answers in " + hundredths / 100.0 + " ms";
        if (shortest / 1_000_000 < SLOW_MILLIS) {
            report.accept(Level.OK, text);
        } else {
            report.accept(Level.WARN, text + ": each publish takes that long; put it nearer to the nodes");
        }
    }

    private @Nullable String info(boolean histories) throws InterruptedException, TimeoutException {
        try {
            return await(async.info());
        } catch (ExecutionException e) {
            report.accept(
                    Level.WARN,
                    histories
                            ? "INFO is refused: histories end with each connection; grant +info"
                            : "INFO is refused: version and maxmemory-policy are not known; grant +info");
            return null;
        }
    }

    private void version(String info) {
        String valkey = field(info, "valkey_version");
        String redis = field(info, "redis_version");
        String version = valkey != null ? "Valkey " + valkey : "Redis " + redis;
        boolean isOld = valkey == null && redis != null && isBefore62(redis);
        if (isOld) {
            report.accept(Level.WARN, version + ": not tested; update to 6.2 or newer, or to Valkey");
        } else {
            report.accept(Level.OK, version);
        }
    }

    static boolean isBefore62(String version) {
        String[] parts = version.split("\\.", 3);
        int major = Integer.parseInt(parts[0]);
        return major < 6 || (major == 6 && parts.length > 1 && Integer.parseInt(parts[1]) < 2);
    }

    private void eviction(String info) {
        String policy = field(info, "maxmemory_policy");
        String limit = field(info, "maxmemory");
        if (policy == null) {
            report.accept(Level.WARN, "maxmemory-policy is not shown: it has to be noeviction");
        } else if (policy.equals("noeviction")) {
            report.accept(Level.OK, "maxmemory-policy noeviction");
        } else if ("0".equals(limit)) {
            report.accept(Level.OK, "maxmemory-policy " + policy + ", without maxmemory");
        } else {
            report.accept(
                    Level.WARN,
                    "maxmemory-policy " + policy + ": clients cannot recover in a channel whose counter was evicted;"
                            + " config set maxmemory-policy noeviction");
        }
    }

    private void buffers() throws InterruptedException, TimeoutException {
        try {
            Map<String, String> found = await(async.configGet("client-output-buffer-limit"));
            String limits = found.getOrDefault("client-output-buffer-limit", "");
            String[] words =
                    limits.substring(Math.max(0, limits.indexOf("pubsub"))).split(" ", -1);
            long hard = words.length > 1 ? Long.parseLong(words[1]) : 0;
            if (hard == 0 || hard >= PUBSUB_HARD_BYTES) {
                report.accept(Level.OK, "client-output-buffer-limit " + String.join(" ", words));
            } else {
                report.accept(
                        Level.WARN,
                        "client-output-buffer-limit " + String.join(" ", words)
                                + ": a node that is this far behind loses messages; config set"
                                + " client-output-buffer-limit 'pubsub 33554432 8388608 60', or more");
            }
        } catch (ExecutionException e) {
            report.accept(
                    Level.OK,
                    "client-output-buffer-limit cannot be read with the rights of a node: see redis-cli config get"
                            + " client-output-buffer-limit (pubsub 33554432 8388608 60, or more)");
        }
    }

    private void coverage() throws InterruptedException, TimeoutException {
        try {
            Map<String, String> found = await(async.configGet("cluster-require-full-coverage"));
            if ("yes".equals(found.get("cluster-require-full-coverage"))) {
                report.accept(
                        Level.WARN,
                        "cluster-require-full-coverage yes: one dead master stops the publishes of all; set it to no on"
                                + " each server");
            }
        } catch (ExecutionException e) {
            report.accept(
                    Level.OK,
                    "cluster-require-full-coverage cannot be read with the rights of a node: it should be no on each"
                            + " server");
        }
    }

    /** A field of INFO; null if it is missing. */
    static @Nullable String field(String info, String name) {
        return info.lines()
                .filter(line -> line.startsWith(name + ':'))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElse(null);
    }
}
