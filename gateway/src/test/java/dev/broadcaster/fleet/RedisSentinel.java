package dev.broadcaster.fleet;

import static org.awaitility.Awaitility.await;

import dev.broadcaster.redis.RedisRights;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A Redis with a replica, and three Sentinels that promote the replica when the master is gone for a second. For one
 * thread.
 */
public final class RedisSentinel implements AutoCloseable {
    private static final String NAME = "main";
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final List<RedisServer> redis = new ArrayList<>();
    private final List<RedisServer> sentinels = new ArrayList<>();

    private RedisSentinel() {}

    /** Returns when every Sentinel knows the replica and the other Sentinels. */
    public static RedisSentinel start() {
        RedisSentinel group = new RedisSentinel();
        try {
            group.build();
            return group;
        } catch (RuntimeException | Error e) {
            group.close();
            throw e;
        }
    }

    private void build() {
        String user = RedisRights.configuration();
        RedisServer master = RedisServer.start("repl-diskless-sync-delay 0", "repl-ping-replica-period 1", user);
        redis.add(master);
        redis.add(RedisServer.start(
                "repl-diskless-sync-delay 0",
                "repl-ping-replica-period 1",
                "replicaof 127.0.0.1 " + master.port(),
                user));
        for (int i = 0; i < 3; i++) {
            sentinels.add(RedisServer.start(
                    true,
                    RedisServer.freePort(),
                    List.of(
                            "sentinel monitor " + NAME + " 127.0.0.1 " + master.port() + " 2",
                            "sentinel down-after-milliseconds " + NAME + " 1000",
                            "sentinel failover-timeout " + NAME + " 5000")));
        }
        await("the Sentinels").atMost(LIMIT).until(() -> sentinels.stream().allMatch(RedisSentinel::knowsAll));
    }

    private static boolean knowsAll(RedisServer sentinel) {
        String state = sentinel.info("master0");
        return state.contains("status=ok") && state.contains("slaves=1") && state.contains("sentinels=3");
    }

    /** The {@code REDIS_URL} of the sentinels, with the user who has the documented rights at Redis. */
    public String urlOfUser() {
        return RedisRights.url(url());
    }

    /** The {@code REDIS_URL} of the sentinels. */
    public String url() {
        return sentinels.stream()
                .map(sentinel -> "127.0.0.1:" + sentinel.port())
                .collect(Collectors.joining(",", "redis-sentinel://", "/" + NAME));
    }

    /** The master, as the first Sentinel knows it. */
    public RedisServer master() {
        List<?> address =
                (List<?>) Objects.requireNonNull(sentinels.get(0).command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME));
        int port = Integer.parseInt(String.valueOf(address.get(1)));
        return redis.stream()
                .filter(server -> server.port() == port)
                .findFirst()
                .orElseThrow();
    }

    /** Waits until there is a master other than {@code old}, and all Sentinels agree. */
    public void awaitOtherMaster(RedisServer old) {
        await("another master")
                .atMost(LIMIT)
                .ignoreExceptionsInstanceOf(
                        UncheckedIOException.class) // Sentinel cuts the connections to a replaced server
                .until(() -> master() != old && master().info("role").equals("master"));
    }

    /** Waits until the other Redis is its replica again, so that the master may fail too. */
    void awaitReplica() {
        await("a replica")
                .atMost(LIMIT)
                .ignoreExceptionsInstanceOf(UncheckedIOException.class)
                .until(() -> redis.stream()
                        .anyMatch(server -> server.info("master_link_status").equals("up")));
    }

    @Override
    public void close() {
        sentinels.forEach(RedisServer::close);
        redis.forEach(RedisServer::close);
    }
}
