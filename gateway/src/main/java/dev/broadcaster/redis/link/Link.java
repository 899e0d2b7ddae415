package dev.broadcaster.redis.link;

import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.time.Time;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The link to one Redis that accepts writes: one connection for commands and one for subscriptions, each reconnected
 * when it ends, and a probe that is sent on the first and returns on the second. Owned by the event loop.
 *
 * <p>It is <em>proved</em> while probes return. An open socket proves nothing.
 */
final class Link implements Publishes.Listener {
    /** The name of a server whose name is not known. */
    static final String UNKNOWN = "-";

    private final String name;
    private final LinkOwner owner;
    private final Loop loop;
    private final Time time;
    private final RelayMetrics metrics;
    private final Publishes publishes;
    private final Uplink<StatefulRedisConnection<CharSequence, Object>> commands;
    private final Uplink<StatefulRedisPubSubConnection<CharSequence, Object>> subscriptions;
    private final SubscriptionCommands source;
    private final Problem problem;
    private final Proof proof = new Proof();

    private String serverName = UNKNOWN; // known before the probe that proves the link, and therefore before a publish
    private boolean synced; // the channels that were wanted when the connection came up are subscribed
    private boolean complete; // Redis refused nothing of the latest answered probe
    private Proof.@Nullable Probe probe;

    Link(
            String name,
            LinkContext context,
            Supplier<CompletionStage<StatefulRedisConnection<CharSequence, Object>>> connect,
            Supplier<CompletionStage<StatefulRedisPubSubConnection<CharSequence, Object>>> connectPubSub,
            LinkOwner owner) {
        this.name = name;
        this.owner = owner;
        this.loop = context.loop();
        this.time = context.time();
        this.metrics = context.metrics();
        this.problem = new Problem(name, time);
        this.publishes = new Publishes(time, metrics, this);
        this.commands = new Uplink<>(context, connect, "commands", this::onCommandsUp, this::onCommandsDown, problem);
        this.subscriptions = new Uplink<>(
                context, connectPubSub, "subscriptions", this::onSubscriptionsUp, this::onSubscriptionsDown, problem);
        this.source = new SubscriptionCommands(
                name, context.names(), context.sharded(), context.histories(), this::creator, publishes, proof, loop);
    }

    /** The address without a password, for logs. */
    String name() {
        return name;
    }

    /** The connection for commands, flushed by {@link #flush}; null while there is none. */
    @Nullable
    StatefulRedisConnection<CharSequence, Object> commands() {
        return commands.connection();
    }

    /** The connection for subscriptions; null while there is none. */
    @Nullable
    StatefulRedisPubSubConnection<CharSequence, Object> subscriptions() {
        return subscriptions.connection();
    }

    /** The view of the link for the channels that it serves. */
    SubscriptionCommands source() {
        return source;
    }

    /** The name for the script of the server for commands. */
    String serverName() {
        return serverName;
    }

    void serverName(String serverName) {
        this.serverName = serverName;
    }

    /** The name for the script of the server for subscriptions; null if it has none. */
    private @Nullable String creator() {
        String id = source.serverId();
        // Without the right to ask, it is the server for commands.
        String creator = id.isEmpty() || id.indexOf(' ') >= 0 ? serverName : Answers.serverName(id);
        return creator.equals(UNKNOWN) ? null : creator;
    }

    /** The publishes in flight. */
    Publishes publishes() {
        return publishes;
    }

    Proof.@Nullable Probe probe() {
        return probe;
    }

    void probe(Proof.@Nullable Probe probe) {
        this.probe = probe;
    }

    /** The reason why a publish by this link may not be received by this node, for an operator; null if there is none. */
    @Nullable
    String trouble(long now) {
        if (commands() == null || subscriptions() == null) {
            return name + ": " + problem.or("connecting");
        }
        if (!proof.isProved()) {
            return name + ": " + problem.or("connected, but no probe has returned yet");
        }
        if (!complete) {
            return name + ": " + problem.or("connected, but not all needed commands have been tried yet");
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

    /**
     * Connects missing connections, sends probes, and closes connections that are silent. Called ten times per second.
     */
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

    /** The topic of the probe is subscribed: from now on a probe returns. */
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

    /** The process was paused for this time: the silence was not that of Redis. */
    void onPause(long nanos) {
        publishes.onPause(nanos);
        proof.onPause(nanos);
    }

    /** A probe is sent. */
    void onProbeSent(String id) {
        proof.onSent(id, time.nanos());
    }

    /** A probe has returned, in time or late. */
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

    /** Redis has refused a probe: it answers, but a publish would not arrive. */
    void onProbeRefused(String reason) {
        proof.onRefused(time.nanos());
        problem.onTrouble(reason);
        loop.wake();
    }

    /** A probe has returned, but Redis has refused another command that a node needs. */
    void onLacking(String reason) {
        complete = false;
        problem.onTrouble(reason);
        loop.wake();
    }

    /** Redis has refused nothing of a probe. */
    void onComplete() {
        if (!complete) {
            complete = true;
            if (proof.isProved()) {
                problem.onProved();
            }
            loop.wake();
        }
    }

    /** The reason why the link does not work. */
    Problem problem() {
        return problem;
    }

    /** This Redis accepts no writes: reconnects, because another server may accept them at the same address. */
    void onReadOnly() {
        problem.onTrouble("READONLY: this Redis accepts no writes");
        reset();
    }

    @Override
    public void onRefused(String error) {
        problem.onRefused("refused a publish", error);
        owner.onRefused(this, error);
    }

    @Override
    public void onIncomplete(String error) {
        problem.onRefused("published a message, but did not keep it", error);
    }

    /** Sends the written commands. The channels have written theirs. */
    void flush() {
        synced = synced || (subscriptions() != null && source.isAnswered());
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

    private void onCommandsUp(StatefulRedisConnection<CharSequence, Object> connection) {
        onConnected(RelayMetrics.Link.COMMANDS);
        owner.onCommandsUp(this, connection);
    }

    private void onCommandsDown() {
        serverName = UNKNOWN;
        publishes.onConnectionLost();
        onDisconnected();
    }

    private void onSubscriptionsUp(StatefulRedisPubSubConnection<CharSequence, Object> connection) {
        onConnected(RelayMetrics.Link.SUBSCRIPTIONS);
        source.onUp(connection);
        owner.onSubscriptionsUp(this, connection);
    }

    private void onSubscriptionsDown() {
        synced = false;
        probe = null;
        source.onDown();
        owner.onSubscriptionsDown(this);
        onDisconnected();
    }
}
