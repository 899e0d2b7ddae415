package dev.broadcaster.redis.link;

import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.redis.wire.Reasons;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.time.Time;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisScriptingAsyncCommands;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The links of this node to Redis. Sends publishes, and provides the sources of the channels. Called on the event loop only.
 */
public final class Links implements Sources, LinkOwner {
    private final RedisDriver driver;
    private final PublishCommands commands;
    private final Time time;
    private final RelayMetrics metrics;
    private final Loop loop;
    private final HistoryConfig history;
    private final HistoryCommands histories;
    private final LinkContext context;
    private final Topology topology;
    private final Probes probes;
    private final ServerNames servers;
    private final StateCommands state;
    private final HistoryRequests requests;
    private boolean closed;

    @SuppressWarnings("NullAway.Init") // start, before anything else
    private Source.Listener listener;

    /**
     * Links that connect at the first tick.
     *
     * @param loop woken when {@link #flush} has work to do, or {@link #trouble} has changed
     */
    public Links(
            RedisUrl url,
            KeyNames names,
            RedisDriver driver,
            PublishCommands commands,
            HistoryConfig history,
            Loop loop,
            Time time,
            RandomGenerator random,
            RelayMetrics metrics) {
        this.driver = driver;
        this.commands = commands;
        this.loop = loop;
        this.time = time;
        this.metrics = metrics;
        this.histories = new HistoryCommands(names, commands::newEpoch, loop, time);
        this.context =
                new LinkContext(driver.executor(), names, url.isCluster(), histories, loop, time, random, metrics);
        this.topology = url.isCluster() ? cluster(url) : single(url);
        this.history = history;
        this.probes = new Probes(topology, commands, keepsHistories() ? histories : null, names, random);
        this.servers = new ServerNames(topology, random);
        this.state = new StateCommands(topology, loop, time);
        this.requests = new HistoryRequests(history, names, topology, histories, state, servers::isServing, time);
    }

    private Topology single(RedisUrl url) {
        return new Topology.Single(newLink(url.uris().get(0), url.toString()));
    }

    private Topology cluster(RedisUrl url) {
        return new ClusterMasters(
                driver,
                driver.clusterClient(url.uris()),
                // Lettuce has the address of a node, but not its credentials.
                uri -> newLink(url.uri(uri.getHost(), uri.getPort()), uri.getHost() + ':' + uri.getPort()),
                this::onMoved,
                time);
    }

    private Link newLink(RedisURI uri, String name) {
        return new Link(name, context, () -> driver.connect(uri), () -> driver.connectPubSub(uri), this);
    }

    /** Sets the listener for the pushes of the sources. Called once, before any other method. */
    public void start(Source.Listener listener) {
        this.listener = listener;
    }

    @Override
    public @Nullable Source serving(int partition) {
        Link link = topology.link(partition);
        return link == null || link.subscriptions() == null ? null : link.source();
    }

    @Override
    public boolean isServing(String server) {
        return servers.isServing(server);
    }

    @Override
    public @Nullable String trouble(long now) {
        return topology.trouble(now);
    }

    /** Runs the scripts about the state of the fleet. */
    public StateCommands state() {
        return state;
    }

    /** Answers requests for histories. */
    public HistoryRequests histories() {
        return requests;
    }

    /** Writes the command, or refuses it at once. */
    public void send(PublishCommand command) {
        if (closed) {
            Publishes.refuse(command, Reasons.STOPPING, metrics);
            return;
        }
        Link link = topology.link(command.partition);
        StatefulRedisConnection<CharSequence, Object> connection = link == null ? null : link.commands();
        if (link == null || connection == null || link.trouble(time.nanos()) != null) {
            Publishes.refuse(command, Reasons.AWAY, metrics);
            return;
        }
        if (command.kept) {
            command.servers(servers.from(link));
        }
        link.publishes().send(connection, command);
    }

    /** Called ten times per second. */
    public void onTick(long now) {
        topology.onTick(now);
    }

    /** The process was paused for this time: the silence was not that of Redis. */
    public void onPause(long nanos) {
        topology.links().forEach(link -> link.onPause(nanos));
    }

    /** Flushes each connection once. Called at the end of each turn, when the channels have written their commands. */
    public void flush() {
        topology.links().forEach(Link::flush);
    }

    /** The age of the latest returned probe of the worst link, from its sending; in nanoseconds. */
    public long probeAge() {
        long now = time.nanos();
        return topology.links().stream()
                .mapToLong(link -> link.proof().age(now))
                .max()
                .orElse(0);
    }

    public void close() {
        closed = true;
        topology.close();
    }

    private boolean keepsHistories() {
        return !history.rules().isEmpty();
    }

    /** Partitions are served by other links than before. */
    private void onMoved() {
        probes.onMoved();
        listener.onServing();
        loop.wake();
    }

    @Override
    public void onSubscriptionsUp(Link link, StatefulRedisPubSubConnection<CharSequence, Object> connection) {
        connection.addListener(new PushListener(link, connection, listener, topology, metrics, loop));
        if (keepsHistories()) {
            load(histories.script(), link, connection.async());
        }
        probes.subscribe(link);
        listener.onServing();
        loop.wake();
    }

    @Override
    public void onSubscriptionsDown(Link link) {
        listener.onLost(link.source());
    }

    @Override
    public void onCommandsUp(Link link, StatefulRedisConnection<CharSequence, Object> connection) {
        load(commands.script(), link, connection.async());
        if (keepsHistories()) {
            load(histories.script(), link, connection.async());
            servers.greet(link, connection);
        }
        loop.wake();
    }

    private static void load(Script script, Link link, RedisScriptingAsyncCommands<CharSequence, Object> async) {
        Answers.take(script.load(async), (digest, failure) -> {
            if (Answers.isRefusal(failure)) {
                link.problem().onScriptRefused(Answers.error(failure));
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
            StatefulRedisConnection<CharSequence, Object> connection = link.commands();
            if (connection != null) {
                load(commands.script(), link, connection.async());
            }
        } else if (error.startsWith("READONLY")) {
            link.onReadOnly();
        } else {
            topology.onMoved(); // or another error, after which reading the slots again does no harm
        }
        loop.wake();
    }

    @Override
    public boolean sendProbe(Link link) {
        return probes.send(link);
    }
}
