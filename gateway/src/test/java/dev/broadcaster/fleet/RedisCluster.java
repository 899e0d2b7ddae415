package dev.broadcaster.fleet;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Redis Cluster of three masters with one replica each, which replaces a dead master after about two seconds. For one
 * thread.
 */
public final class RedisCluster implements AutoCloseable {
    static final int SLOTS = 16_384;

    private static final int MASTERS = 3;
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long FAILOVER_NANOS = 6_000_000_000L;
    private static final Duration POLL = Duration.ofMillis(50);

    private final List<RedisServer> servers = new ArrayList<>();

    private RedisCluster() {}

    /** Returns when every server reports {@code cluster_state:ok} and every master has its replica. */
    public static RedisCluster start() {
        RedisCluster cluster = new RedisCluster();
        try {
            cluster.build();
            return cluster;
        } catch (RuntimeException | Error e) {
            cluster.close();
            throw e;
        }
    }

    private void build() {
        List<Integer> busPorts = new ArrayList<>();
        for (int i = 0; i < 2 * MASTERS; i++) {
            int bus = RedisServer.freePort();
            busPorts.add(bus);
            servers.add(RedisServer.start(
                    "cluster-enabled yes",
                    "cluster-port " + bus,
                    "cluster-node-timeout 1500",
                    "cluster-replica-validity-factor 0",
                    "cluster-require-full-coverage no",
                    "repl-diskless-sync-delay 0",
                    "repl-ping-replica-period 1"));
        }
        for (int i = 0; i < servers.size(); i++) {
            servers.get(0)
                    .command(
                            "CLUSTER",
                            "MEET",
                            "127.0.0.1",
                            Integer.toString(servers.get(i).port()),
                            Integer.toString(busPorts.get(i)));
        }
        for (int i = 0; i < MASTERS; i++) {
            int from = SLOTS * i / MASTERS;
            int to = SLOTS * (i + 1) / MASTERS - 1;
            servers.get(i).command("CLUSTER", "ADDSLOTSRANGE", Integer.toString(from), Integer.toString(to));
        }
        await("all have met")
                .atMost(LIMIT)
                .pollInterval(POLL)
                .until(() -> servers.stream()
                        .allMatch(server -> clusterInfo(server).contains("cluster_known_nodes:" + servers.size())));
        for (int i = 0; i < MASTERS; i++) {
            RedisServer replica = servers.get(i + MASTERS);
            String id = id(servers.get(i));
            await("a replica")
                    .atMost(LIMIT)
                    .pollInterval(POLL)
                    .ignoreExceptions()
                    .until(() -> {
                        replica.command("CLUSTER", "REPLICATE", id);
                        return true;
                    });
        }
        awaitWhole();
    }

    /**
     * Waits until all slots are served and every live server knows it; every live replica follows its master, and no
     * replaced server still considers itself a master.
     */
    public void awaitWhole() {
        await("a whole cluster")
                .atMost(LIMIT)
                .pollInterval(POLL)
                .ignoreExceptions()
                .until(() -> alive().stream().allMatch(RedisCluster::isWhole)
                        && alive().stream().filter(RedisCluster::isMaster).count() == MASTERS);
    }

    private static boolean isWhole(RedisServer server) {
        return clusterInfo(server).contains("cluster_state:ok")
                && clusterInfo(server).contains("cluster_slots_ok:" + SLOTS)
                && (isMaster(server) || server.info("master_link_status").equals("up"));
    }

    private static String clusterInfo(RedisServer server) {
        return String.valueOf(server.command("CLUSTER", "INFO"));
    }

    private static String id(RedisServer server) {
        return String.valueOf(server.command("CLUSTER", "MYID"));
    }

    static boolean isMaster(RedisServer server) {
        return server.info("role").equals("master");
    }

    /** The {@code REDIS_URL} of the cluster. */
    public String url() {
        return servers.stream()
                .map(server -> "127.0.0.1:" + server.port())
                .collect(Collectors.joining(",", "redis-cluster://", ""));
    }

    public List<RedisServer> servers() {
        return servers;
    }

    private List<RedisServer> alive() {
        return servers.stream().filter(RedisServer::isAlive).toList();
    }

    /** The masters that serve slots now. */
    public List<RedisServer> masters() {
        return rows().stream().map(Row::master).distinct().toList();
    }

    /** The master of a slot. */
    public RedisServer master(int slot) {
        return rows().stream()
                .filter(row -> row.from <= slot && slot <= row.to)
                .findFirst()
                .orElseThrow()
                .master;
    }

    /** A replica of a master; waits until the cluster knows one. */
    public RedisServer replicaOf(RedisServer master) {
        return await("a replica")
                .atMost(LIMIT)
                .pollInterval(POLL)
                .until(
                        () -> rows().stream()
                                .filter(row -> row.master == master)
                                .flatMap(row -> row.replicas.stream())
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    private record Row(long from, long to, RedisServer master, List<RedisServer> replicas) {}

    private List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (Object element : list(alive().get(0).command("CLUSTER", "SLOTS"))) {
            List<?> row = list(element);
            List<RedisServer> itsServers = row.subList(2, row.size()).stream()
                    .map(node -> server((long) Objects.requireNonNull(list(node).get(1))))
                    .toList();
            rows.add(new Row(
                    (long) Objects.requireNonNull(row.get(0)),
                    (long) Objects.requireNonNull(row.get(1)),
                    itsServers.get(0),
                    itsServers.subList(1, itsServers.size())));
        }
        return rows;
    }

    private RedisServer server(long port) {
        return servers.stream()
                .filter(server -> server.port() == port)
                .findFirst()
                .orElseThrow();
    }

    private static List<?> list(Object reply) {
        return (List<?>) Objects.requireNonNull(reply);
    }

    /** The slots that have shard channels subscribed at their master. */
    public Set<Integer> subscribedSlots() {
        Set<Integer> slots = new LinkedHashSet<>();
        for (RedisServer master : masters()) {
            topicsAt(master).map(this::slotOf).forEach(slots::add);
        }
        return slots;
    }

    /** The channels that some node receives from a master. */
    Set<String> channelsAt(RedisServer master) {
        return topicsAt(master)
                .map(RedisCluster::channelOf)
                .filter(channel -> !channel.startsWith("*"))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The slots of the probes by which nodes prove that they receive from a master. */
    Set<Integer> probedSlotsAt(RedisServer master) {
        return topicsAt(master)
                .filter(topic -> channelOf(topic).startsWith("*"))
                .map(this::slotOf)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The slot of a channel that some node receives. */
    int slotOfChannel(String channel) {
        return masters().stream()
                .flatMap(RedisCluster::topicsAt)
                .filter(topic -> channelOf(topic).equals(channel))
                .mapToInt(this::slotOf)
                .findFirst()
                .orElseThrow();
    }

    private static Stream<String> topicsAt(RedisServer master) {
        return list(master.command("PUBSUB", "SHARDCHANNELS")).stream().map(String::valueOf);
    }

    private static String channelOf(String topic) {
        return topic.substring(topic.indexOf("}:m:") + 4);
    }

    /** The slot of a key. */
    public int slotOf(String key) {
        return Math.toIntExact((long) Objects.requireNonNull(alive().get(0).command("CLUSTER", "KEYSLOT", key)));
    }

    /** Moves a slot with its keys to another master, while clients use it. */
    public void moveSlot(int slot, RedisServer to) {
        RedisServer from = master(slot);
        String number = Integer.toString(slot);
        to.command("CLUSTER", "SETSLOT", number, "IMPORTING", id(from));
        from.command("CLUSTER", "SETSLOT", number, "MIGRATING", id(to));
        List<?> keys = list(from.command("CLUSTER", "GETKEYSINSLOT", number, "100"));
        while (!keys.isEmpty()) {
            List<String> migrate = new ArrayList<>(
                    List.of("MIGRATE", "127.0.0.1", Integer.toString(to.port()), "", "0", "5000", "KEYS"));
            keys.forEach(key -> migrate.add(String.valueOf(key)));
            from.command(migrate.toArray(String[]::new));
            keys = list(from.command("CLUSTER", "GETKEYSINSLOT", number, "100"));
        }
        to.command("CLUSTER", "SETSLOT", number, "NODE", id(to));
        from.command("CLUSTER", "SETSLOT", number, "NODE", id(to));
        masters().forEach(master -> master.command("CLUSTER", "SETSLOT", number, "NODE", id(to)));
    }

    /**
     * The replica becomes the master, in agreement with the old one; returns when both report it: soon after another
     * fail-over the replica may call itself master for a moment, and step back. The order is repeated, because others
     * do not vote twice about a master in a short time, and the replica gives up after five seconds.
     */
    public void failover(RedisServer replica) {
        RedisServer old = masters().stream()
                .filter(master -> replicaOf(master) == replica)
                .findFirst()
                .orElseThrow();
        long[] asked = {System.nanoTime()};
        replica.command("CLUSTER", "FAILOVER");
        await("the new master").atMost(LIMIT).pollInterval(POLL).until(() -> {
            if (!isMaster(replica) && System.nanoTime() - asked[0] > FAILOVER_NANOS) {
                asked[0] = System.nanoTime();
                replica.command("CLUSTER", "FAILOVER");
            }
            return isMaster(replica) && !isMaster(old);
        });
    }

    @Override
    public void close() {
        servers.forEach(RedisServer::close);
    }
}
