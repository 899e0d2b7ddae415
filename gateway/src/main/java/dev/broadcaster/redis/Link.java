package dev.broadcaster.redis;

import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.time.Time;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The way to one Redis that accepts writes: a connection for commands and one for subscriptions, each connected again
 * whenever it ends, and a probe that goes out by the one and comes back by the other. Owned by the event loop.
 *
 * <p>It is <em>proved</em> while probes come back. An open socket proves nothing.
 */
final class Link {
    /** The name of a server that has not said who it is. */
    static final String UNKNOWN = "-";

    private final String name;
    private final LinkOwner owner;
    private final Loop loop;
    private final Time time;
    private final RelayMetrics metrics;
    private final Publishes publishes;
    private final Uplink<StatefulRedisConnection<String, Value>> commands;
    private final Uplink<StatefulRedisPubSubConnection<String, Value>> subscriptions;
    private final Problem problem;
    private final Proof proof = new Proof();

    private String serverName = UNKNOWN; // known before a publish goes out: the probe that proves the link comes later
    private boolean synced; // everything that was wanted when the subscriptions came up has been subscribed
    private boolean complete; // the latest probe that was answered whole was refused nothing
    private @Nullable Probe probe;

    Link(
            RedisDriver driver,
            RedisURI uri,
            String name,
            LinkOwner owner,
            Loop loop,
            Time time,
            RandomGenerator random,
            RelayMetrics metrics) {
        this.name = name;
        this.owner = owner;
        this.loop = loop;
        this.time = time;
        this.metrics = metrics;
        this.problem = new Problem(name);
        this.publishes = new Publishes(
                time, metrics, new RefusedPublishes(problem, time, error -> owner.onRefused(this, error)));
        this.commands = new Uplink<>(
                driver.loop(),
                () -> driver.connect(uri),
                "commands",
                new OnCommands(),
                problem,
                time,
                new Retry(random));
        this.subscriptions = new Uplink<>(
                driver.loop(),
                () -> driver.connectPubSub(uri),
                "subscriptions",
                new OnSubscriptions(),
                problem,
                time,
                new Retry(random));
    }

    /** For logs: the address, without a password. */
    String name() {
        return name;
    }

    /** The connection for commands, flushed by {@link #flush}; null while there is none. */
    @Nullable
    StatefulRedisConnection<String, Value> commands() {
        return commands.connection();
    }

    /** The connection for subscriptions; null while there is none. */
    @Nullable
    StatefulRedisPubSubConnection<String, Value> subscriptions() {
        return subscriptions.connection();
    }

    /** The process of Redis that takes the commands, for the script. */
    String serverName() {
        return serverName;
    }

    void serverName(String serverName) {
        this.serverName = serverName;
    }

    /** What is on its way by this link. */
    Publishes publishes() {
        return publishes;
    }

    @Nullable
    Probe probe() {
        return probe;
    }

    void probe(@Nullable Probe probe) {
        this.probe = probe;
    }

    /** Why nobody can rely on it that a publish by this link is heard by this node; null while one can. */
    @Nullable
    String trouble(long now) {
        if (commands() == null || subscriptions() == null) {
            return name + ": " + problem.or("connecting");
        }
        if (!proof.isProved()) {
            return name + ": " + problem.or("connected, but no probe has come back yet");
        }
        if (!complete) {
            return name + ": " + problem.or("connected, and not everything that a node needs has been tried yet");
        }
        if (!synced) {
            return name + ": subscribing again";
        }
        String doubt = proof.trouble(now);
        if (doubt != null) {
            return name + ": " + doubt;
        }
        return publishes.isStalled(now) ? name + ": does not answer" : null;
    }

    Proof proof() {
        return proof;
    }

    /** Connects what is not connected, probes what is, gives up what is silent. Called every tenth of a second. */
    void onTick(long now) {
        publishes.onTick(now);
        commands.onTick(now);
        subscriptions.onTick(now);
        if (commands() == null || subscriptions() == null) {
            return;
        }
        if (proof.isDead(now)) {
            problem.onSilent(proof.silence(now));
            reset();
        } else if (proof.isDue(now)) {
            sendProbe(now);
        }
    }

    /** From now on a probe would be heard. */
    void onListening() {
        if (commands() != null) {
            sendProbe(time.nanos());
        }
    }

    private void sendProbe(long now) {
        proof.onDue(now);
        if (!owner.sendProbe(this)) {
            proof.onIdle(now);
        }
    }

    /** The process was away for so long: what looks like silence of the other side was our own. */
    void onPause(long nanos) {
        publishes.onPause(nanos);
        proof.onPause(nanos);
    }

    /** A probe goes out. */
    void onProbeSent(String id) {
        proof.onSent(id, time.nanos());
    }

    /** A probe has come back; how late it is counts, not only that it came. */
    void onProbe(String id) {
        long now = time.nanos();
        boolean first = !proof.isProved();
        Proof.Return back = proof.onReturned(id, now);
        if (back == Proof.Return.STRAY) {
            return;
        }
        if (back == Proof.Return.LATE) {
            owner.onLate(this);
        }
        if (first) {
            problem.onProved();
            loop.wake();
        }
        commands.onProved();
        subscriptions.onProved();
    }

    /** A probe was refused: somebody is there, but what is published would not arrive. */
    void onProbeRefused(String reason) {
        proof.onRefused(time.nanos());
        problem.onTrouble(reason);
        loop.wake();
    }

    /** A probe has come back, but Redis refuses something that others may need: it must be granted. */
    void onLacking(String reason) {
        complete = false;
        problem.onTrouble(reason);
        loop.wake();
    }

    /** A probe has met everything that a node needs. */
    void onComplete() {
        if (!complete) {
            complete = true;
            if (proof.isProved()) {
                problem.onProved();
            }
            loop.wake();
        }
    }

    /** Where what Redis has against this node is told. */
    Problem problem() {
        return problem;
    }

    /** This Redis takes no writes: somewhere there is another one that does. */
    void onReadOnly() {
        problem.onTrouble("READONLY: this Redis takes no writes");
        reset();
    }

    /** Everything that was wanted when the subscriptions came up is subscribed. */
    void onSynced() {
        synced = subscriptions() != null;
    }

    boolean isSynced() {
        return synced;
    }

    /** Sends what was written. */
    void flush() {
        commands.flush();
        subscriptions.flush();
    }

    void close() {
        commands.close();
        subscriptions.close();
        publishes.close();
    }

    private void reset() {
        commands.drop();
        subscriptions.drop();
    }

    private void onConnected(RelayMetrics.Link which) {
        metrics.countConnect(which);
        complete = false;
        proof.onConnected(time.nanos());
    }

    private void onDisconnected() {
        proof.onBroken();
        loop.wake();
    }

    private final class OnCommands implements Uplink.Listener<StatefulRedisConnection<String, Value>> {
        @Override
        public void onUp(StatefulRedisConnection<String, Value> connection) {
            onConnected(RelayMetrics.Link.COMMANDS);
            owner.onCommandsUp(Link.this, connection);
        }

        @Override
        public void onDown() {
            serverName = UNKNOWN;
            publishes.onConnectionLost();
            onDisconnected();
        }
    }

    private final class OnSubscriptions implements Uplink.Listener<StatefulRedisPubSubConnection<String, Value>> {
        @Override
        public void onUp(StatefulRedisPubSubConnection<String, Value> connection) {
            onConnected(RelayMetrics.Link.SUBSCRIPTIONS);
            owner.onSubscriptionsUp(Link.this, connection);
        }

        @Override
        public void onDown() {
            synced = false;
            probe = null;
            owner.onSubscriptionsDown(Link.this);
            onDisconnected();
        }
    }
}
