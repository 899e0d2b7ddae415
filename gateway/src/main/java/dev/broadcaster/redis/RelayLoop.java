package dev.broadcaster.redis;

import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.relay.HistoryCallback;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.time.Time;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisScriptingAsyncCommands;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything of the relay that the event loop owns: who serves what, what is on its way, what is received. Called on the
 * event loop only; {@link RedisRelay} brings there what other threads want.
 */
final class RelayLoop implements LinkOwner {
    private static final Logger LOG = LoggerFactory.getLogger(RelayLoop.class);

    /** A tick that comes so late says that the process was stopped, or the machine asleep. */
    private static final long PAUSE_NANOS = 1_500_000_000L;

    private static final long RECONCILE_NANOS = 1_000_000_000L;

    private static final Publishes.Listener NOBODY = new Publishes.Listener() {
        @Override
        public void onRefused(String error) {}

        @Override
        public void onIncomplete(String problem) {}
    };

    private final RedisDriver driver;
    private final PublishCommands commands;
    private final SubscriptionCommands subscriptions;
    private final Time time;
    private final RandomGenerator random;
    private final RelayMetrics metrics;
    private final Loop loop;
    private final Publishes nowhere; // refuses what no link can take
    private final boolean keepsHistories;
    private final HistoryCommands histories;
    private final Topology topology;
    private final Probes probes;
    private final ServerNames servers;
    private final HistoryQueries queries;
    private final Delivery delivery;
    private final Reception reception;
    private long tickedNanos;
    private long reconciledNanos;
    private boolean closed;

    /**
     * The loop's part of a relay.
     *
     * @param loop woken when {@link #finishTurn} has something to do, or {@link #troubleNow} has changed
     */
    RelayLoop(
            RedisConfig config,
            RedisDriver driver,
            PublishCommands commands,
            HistoryConfig history,
            RelayListener listener,
            Time time,
            RandomGenerator random,
            RelayMetrics metrics,
            Loop loop) {
        this.driver = driver;
        this.commands = commands;
        this.time = time;
        this.random = random;
        this.metrics = metrics;
        this.loop = loop;
        KeyNames names = config.names();
        this.nowhere = new Publishes(time, metrics, NOBODY);
        this.subscriptions = new SubscriptionCommands(names, config.url().isCluster(), loop);
        this.topology = config.url().isCluster() ? cluster(config) : single(config);
        this.keepsHistories = !history.rules().isEmpty();
        this.histories = new HistoryCommands(names, commands::newEpoch, loop);
        this.probes = new Probes(topology, commands, subscriptions, keepsHistories ? histories : null, names, random);
        this.servers = new ServerNames(topology, subscriptions, random);
        this.queries = new HistoryQueries(history, histories, topology, servers, time);
        HistoryReads reads = new HistoryReads(histories, servers::ofSubscriptions);
        ReceivedChannels channels = new ReceivedChannels(names, history);
        this.delivery = new Delivery(listener, loop, time, metrics);
        this.reception = new Reception(topology, subscriptions, reads, servers, channels, delivery, time, metrics);
        this.tickedNanos = time.nanos();
        this.reconciledNanos = tickedNanos;
    }

    private Topology single(RedisConfig config) {
        return new SingleMaster(newLink(config.uris().get(0), config.url().toString()));
    }

    private Topology cluster(RedisConfig config) {
        return new ClusterMasters(
                driver,
                driver.clusterClient(config.uris()),
                // Lettuce gives a node the address that others name, and nothing of how to log in there.
                uri -> newLink(config.url().uri(uri.getHost(), uri.getPort()), uri.getHost() + ':' + uri.getPort()),
                this::onMoved,
                time);
    }

    private Link newLink(RedisURI uri, String name) {
        return new Link(driver, uri, name, this, loop, time, random, metrics);
    }

    void subscribe(String channel, SubscribeCallback callback) {
        reception.subscribe(channel, callback);
    }

    void unsubscribe(String channel) {
        reception.unsubscribe(channel);
    }

    void replay(String channel, Replay replay, ReplayCallback callback) {
        reception.replay(channel, replay, callback);
    }

    /** Reads a part of the history of any channel. */
    void history(String channel, @Nullable String afterId, int limit, HistoryCallback callback) {
        queries.read(channel, afterId, limit, callback);
    }

    /** Writes the command, or refuses it at once. */
    void send(PublishCommand command) {
        if (closed) {
            nowhere.refuse(command, Reasons.STOPPING);
            return;
        }
        Link link = topology.link(command.tag);
        StatefulRedisConnection<String, Value> connection = link == null ? null : link.commands();
        if (link == null || connection == null || link.trouble(time.nanos()) != null) {
            nowhere.refuse(command, Reasons.AWAY);
            return;
        }
        if (command.kept) {
            command.servers(servers.from(link));
        }
        link.publishes().send(connection, command);
    }

    /** Ends a turn: ends the batch of deliveries, asks for wanted channels, and flushes each connection once. */
    void finishTurn() {
        delivery.endBatch();
        reception.askForWanted();
        for (Link link : topology.links()) {
            if (!link.isSynced() && reception.isSynced(link)) {
                link.onSynced();
            }
            link.flush();
        }
    }

    /** Called every {@code tickNanos}, if the machine is not too busy. */
    void onTick(long tickNanos) {
        long now = time.nanos();
        long pause = now - tickedNanos - tickNanos;
        tickedNanos = now;
        if (pause > PAUSE_NANOS) {
            LOG.warn("the relay's event loop stood still for {} ms", pause / 1_000_000L);
            topology.links().forEach(link -> link.onPause(pause));
        }
        topology.onTick(now);
        reception.onTick(now);
        if (now - reconciledNanos >= RECONCILE_NANOS) {
            reconciledNanos = now;
            reception.reconcile(now);
        }
    }

    /** Why the relay can't be trusted to deliver, or null. */
    @Nullable
    String troubleNow() {
        String reason = topology.trouble(time.nanos());
        return reason == null ? null : "Redis " + reason;
    }

    /** Since when some link has not heard its probe, in nanoseconds. */
    long probeAge() {
        long now = time.nanos();
        return topology.links().stream()
                .mapToLong(link -> link.proof().age(now))
                .max()
                .orElse(0);
    }

    void close() {
        closed = true;
        topology.close();
    }

    /** Parts of the channels are served by others than before. */
    private void onMoved() {
        probes.onMoved();
        reception.onLinkUp();
        loop.wake();
    }

    @Override
    public void onSubscriptionsUp(Link link, StatefulRedisPubSubConnection<String, Value> connection) {
        connection.addListener(new PushListener(link, connection, reception, topology, metrics, loop));
        subscriptions.greet(link, connection);
        if (keepsHistories) {
            load(histories.script(), link, connection.async());
        }
        probes.subscribe(link);
        reception.onLinkUp();
        loop.wake();
    }

    @Override
    public void onSubscriptionsDown(Link link) {
        reception.onLinkDown(link);
    }

    @Override
    public void onCommandsUp(Link link, StatefulRedisConnection<String, Value> connection) {
        load(commands.script(), link, connection.async());
        if (keepsHistories) {
            load(histories.script(), link, connection.async());
            servers.greet(link, connection);
        }
        loop.wake();
    }

    private static void load(Script script, Link link, RedisScriptingAsyncCommands<String, Value> async) {
        Answers.take(script.load(async), (digest, failure) -> {
            if (failure instanceof RedisCommandExecutionException) {
                link.problem().onScriptRefused(ErrorText.of(failure));
            }
        });
    }

    @Override
    public void onLate(Link link) {
        topology.onLate(link);
    }

    @Override
    public void onRefused(Link link, String error) {
        if (error.startsWith("NOSCRIPT")) {
            StatefulRedisConnection<String, Value> connection = link.commands();
            if (connection != null) {
                load(commands.script(), link, connection.async());
            }
        } else if (error.startsWith("READONLY")) {
            link.onReadOnly();
        } else {
            topology.onMoved(); // or something else that another look at the cluster does no harm to
        }
        loop.wake();
    }

    @Override
    public boolean sendProbe(Link link) {
        return probes.send(link);
    }
}
