package dev.broadcaster.redis.link;

import dev.broadcaster.redis.link.Finding.Level;
import dev.broadcaster.redis.wire.KeyNames;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Tries a Redis, the one that Sentinels name, or each master of a cluster, as a node would use it. It changes nothing
 * but names that no channel can have, which expire within seconds. Blocks: for a command, not for a node.
 */
public final class RedisCheck implements AutoCloseable {
    /** For one answer. Longer than a lookup of a name whose first name server is silent. */
    private static final long LIMIT_SECONDS = 12;

    private static final int ATTEMPTS = 3;

    private final RedisUrl url;
    private final KeyNames names;
    private final String prefix;
    private final boolean histories;
    private final Consumer<Finding> report;
    private final RedisDriver driver;

    /**
     * @param histories true if channels have a history, which needs more rights
     * @param report called for each finding, on the thread of {@link #run}
     */
    public RedisCheck(
            RedisUrl url,
            RedisAccess access,
            KeyNames names,
            String prefix,
            boolean histories,
            Consumer<Finding> report) {
        this.url = url.with(access);
        this.names = names;
        this.prefix = prefix;
        this.histories = histories;
        this.report = report;
        this.driver = new RedisDriver(access);
    }

    /** Tries everything. */
    public void run() throws InterruptedException {
        if (url.isCluster()) {
            cluster();
        } else {
            server(url.uris().get(0), url.toString(), 0);
        }
    }

    private void cluster() throws InterruptedException {
        RedisClusterClient client = driver.clusterClient(url.uris());
        Map<String, Integer> masters = new LinkedHashMap<>(); // by address, with a partition of each
        List<Integer> unserved = new ArrayList<>();
        try {
            connected(() -> driver.refreshPartitions(client));
            for (int partition = 0; partition < KeyNames.PARTITIONS; partition++) {
                RedisClusterNode node = client.getPartitions().getPartitionBySlot(KeyNames.slot(partition));
                if (node == null) {
                    unserved.add(partition);
                } else {
                    masters.putIfAbsent(
                            node.getUri().getHost() + ':' + node.getUri().getPort(), partition);
                }
            }
        } catch (ExecutionException | TimeoutException e) {
            noCluster(url.uris().get(0));
            return;
        } finally {
            var unused = client.shutdownAsync();
        }
        if (unserved.isEmpty()) {
            say(Level.OK, url.toString(), masters.size() + " masters serve all slots");
        } else {
            say(
                    Level.FAIL,
                    url.toString(),
                    "no master serves " + unserved.size() + " of " + KeyNames.PARTITIONS
                            + " partitions: redis-cli --cluster fix, or start the missing masters");
        }
        for (Map.Entry<String, Integer> master : masters.entrySet()) {
            String address = master.getKey();
            int colon = address.lastIndexOf(':');
            RedisURI uri = url.uri(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
            server(uri, address, master.getValue());
        }
    }

    /** The reason why the first of the servers does not say who serves what. */
    private void noCluster(RedisURI uri) throws InterruptedException {
        String address = uri.getHost() + ':' + uri.getPort();
        try {
            StatefulRedisConnection<CharSequence, Object> connection = await(driver.connect(uri));
            connection.setAutoFlushCommands(true);
            await(connection.async().clusterNodes());
            say(Level.FAIL, address, "answers, and a node of the cluster that it names does not: start it");
        } catch (ExecutionException | TimeoutException e) {
            say(Level.FAIL, address, RedisAdvice.ofConnection(e));
        }
    }

    private void server(RedisURI uri, String address, int partition) throws InterruptedException {
        try {
            StatefulRedisConnection<CharSequence, Object> connection = connected(() -> driver.connect(uri));
            StatefulRedisPubSubConnection<CharSequence, Object> subscriptions =
                    connected(() -> driver.connectPubSub(uri));
            connection.setAutoFlushCommands(true);
            subscriptions.setAutoFlushCommands(true);
            say(Level.OK, address, "connected");
            RedisFacts facts = new RedisFacts(connection, (level, text) -> say(level, address, text));
            if (!facts.run(url.isCluster(), histories)) {
                return; // it would refuse each write
            }
            RedisRightsCheck rights = new RedisRightsCheck(connection, subscriptions, names, prefix, partition);
            Finding found = rights.run(url.isCluster(), histories);
            say(found.level(), address, found.text());
        } catch (ExecutionException | TimeoutException e) {
            say(Level.FAIL, address, RedisAdvice.ofConnection(e));
        }
    }

    /** A connection takes at most 2 s, and the first ones of a JVM may be slower than that: some attempts. */
    private static <T> T connected(Supplier<CompletionStage<T>> connect)
            throws InterruptedException, ExecutionException, TimeoutException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        for (int attempt = 1; ; attempt++) {
            try {
                return connect.get().toCompletableFuture().get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (ExecutionException e) {
                if (attempt == ATTEMPTS || !RedisAdvice.isSlow(e)) {
                    throw e;
                }
            }
        }
    }

    private void say(Level level, String address, String text) {
        report.accept(new Finding(level, "Redis " + address, text));
    }

    /** The answer, after a while. */
    static <T> T await(CompletionStage<T> answer) throws InterruptedException, ExecutionException, TimeoutException {
        return answer.toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        driver.close();
    }
}
