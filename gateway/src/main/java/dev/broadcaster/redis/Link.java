package dev.broadcaster.redis;

import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.time.Time;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to one Redis that accepts writes: a connection for commands and one for subscriptions, each connected again
 * whenever it ends, and a probe that goes out by the one and comes back by the other. Owned by the event loop.
 *
 * <p>It is <em>proved</em> while probes come back. An open socket proves nothing.
 */
final class Link {
    /** How often a probe goes out. */
    private static final long PROBE_NANOS = 1_000_000_000L;
    /** Without a probe for so long, publishes are refused and the node is not ready. */
    private static final long STALLED_NANOS = 2_500_000_000L;
    /** Without a probe for so long, both connections are given up. */
    private static final long DEAD_NANOS = 6_000_000_000L;

    private static final Logger LOG = LoggerFactory.getLogger(Link.class);

    /** Who has a use for the connections. Called on the event loop. */
    interface Owner {
        /** A connection for subscriptions is there, fresh. */
        void onSubscriptionsUp(Link link);

        /** It is gone, and everything subscribed on it. */
        void onSubscriptionsDown(Link link);

        void onCommandsUp(Link link);

        /** Redis has refused a publish. */
        void onRefused(Link link, String error);

        /** Something has changed that others may have to know of. */
        void onChanged();

        /** Send a probe whose return is told to {@link Link#onProbe}. */
        void sendProbe(Link link);

        void onMessage(Link link, String topic, byte[] bytes);

        void onSubscribed(Link link, String topic);

        void onUnsubscribed(Link link, String topic);
    }

    private final RedisDriver driver;
    private final RedisURI uri;
    private final String name;
    private final Owner owner;
    private final Time time;
    private final RelayMetrics metrics;
    private final Publishes publishes;
    private final Retry commandsRetry;
    private final Retry subscriptionsRetry;

    private @Nullable StatefulRedisConnection<String, byte[]> commands;
    private @Nullable StatefulRedisPubSubConnection<String, byte[]> subscriptions;
    private boolean connectingCommands;
    private boolean connectingSubscriptions;
    private boolean closed;
    private boolean proved;
    private boolean synced; // everything that was wanted when the subscriptions came up has been subscribed
    private long heardNanos; // when the last probe came back, or both connections came up
    private long answeredNanos; // when a probe was refused, or both connections came up
    private long probeNanos; // when the last probe went out
    private @Nullable Probe probe;
    private @Nullable String problem; // why it could not connect, to log each reason once

    Link(
            RedisDriver driver,
            RedisURI uri,
            String name,
            Owner owner,
            Time time,
            RandomGenerator random,
            RelayMetrics metrics) {
        this.driver = driver;
        this.uri = uri;
        this.name = name;
        this.owner = owner;
        this.time = time;
        this.metrics = metrics;
        this.publishes = new Publishes(time, metrics, error -> owner.onRefused(this, error));
        this.commandsRetry = new Retry(random);
        this.subscriptionsRetry = new Retry(random);
    }

    /** For logs: the address, without a password. */
    String name() {
        return name;
    }

    /** The connection for commands, flushed by {@link #flush}; null while there is none. */
    @Nullable
    StatefulRedisConnection<String, byte[]> commands() {
        return commands;
    }

    /** The connection for subscriptions; null while there is none. */
    @Nullable
    StatefulRedisPubSubConnection<String, byte[]> subscriptions() {
        return subscriptions;
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

    /** Whether a publish by this link is heard by this node, as far as anybody can know. */
    boolean isUsable(long now) {
        return trouble(now) == null;
    }

    /** Why not, or null. */
    @Nullable
    String trouble(long now) {
        if (commands == null || subscriptions == null) {
            return name + ": " + (problem == null ? "connecting" : problem);
        }
        if (!proved) {
            return name + ": " + (problem == null ? "connected, but no probe has come back yet" : problem);
        }
        if (!synced) {
            return name + ": subscribing again";
        }
        if (now - heardNanos >= STALLED_NANOS) {
            return name + ": no probe has come back for " + (now - heardNanos) / 1_000_000_000L + " s";
        }
        return publishes.isStalled(now) ? name + ": does not answer" : null;
    }

    /** Nanoseconds since a probe came back. */
    long probeAge(long now) {
        return now - heardNanos;
    }

    /** Connects what is not connected, probes what is, gives up what is silent. Called every tenth of a second. */
    void onTick(long now) {
        if (closed) {
            return;
        }
        publishes.onTick(now);
        if (commands == null && !connectingCommands && commandsRetry.isDue(now)) {
            connectingCommands = true;
            watch(driver.connect(uri), this::onCommands);
        }
        if (subscriptions == null && !connectingSubscriptions && subscriptionsRetry.isDue(now)) {
            connectingSubscriptions = true;
            watch(driver.connectPubSub(uri), this::onSubscriptions);
        }
        if (commands != null && subscriptions != null) {
            long silence = Math.min(now - heardNanos, now - answeredNanos);
            if (silence > DEAD_NANOS) {
                LOG.warn("Redis {}: silent for {} s, connecting again", name, silence / 1_000_000_000L);
                problem = "silent";
                reset();
            } else if (now - probeNanos >= PROBE_NANOS) {
                probeNanos = now;
                owner.sendProbe(this);
            }
        }
    }

    /** The process was away for so long: what looks like silence of the other side was our own. */
    void onPause(long nanos) {
        publishes.onPause(nanos);
        heardNanos += nanos;
        answeredNanos += nanos;
        probeNanos += nanos;
    }

    /** A probe has come back. */
    void onProbe() {
        heardNanos = time.nanos();
        if (!proved) {
            proved = true;
            problem = null;
            LOG.info("Redis {}: connected, and a probe came back", name);
            owner.onChanged();
        }
        commandsRetry.succeeded();
        subscriptionsRetry.succeeded();
    }

    /** A probe was refused: somebody is there, but what is published would not arrive. */
    void onProbeRefused(String reason) {
        answeredNanos = time.nanos();
        proved = false;
        problem(reason);
        owner.onChanged();
    }

    /** This Redis takes no writes: somewhere there is another one that does. */
    void onReadOnly() {
        problem("READONLY");
        reset();
    }

    /** Everything that was wanted when the subscriptions came up is subscribed. */
    void onSynced() {
        synced = subscriptions != null;
    }

    boolean isSynced() {
        return synced;
    }

    /** Sends what was written. */
    void flush() {
        if (commands != null) {
            commands.flushCommands();
        }
        if (subscriptions != null) {
            subscriptions.flushCommands();
        }
    }

    /** Ends both connections; they are made again. */
    void reset() {
        dropCommands();
        dropSubscriptions();
    }

    void close() {
        closed = true;
        reset();
        publishes.close();
    }

    private <C extends StatefulConnection<String, byte[]>> void watch(
            CompletionStage<C> connecting, Connected<C> then) {
        var unused = connecting.whenCompleteAsync(
                (connection, failure) -> {
                    if (closed && connection != null) {
                        var ignored = connection.closeAsync();
                        return;
                    }
                    then.on(connection, failure);
                },
                driver.loop());
    }

    private interface Connected<C> {
        void on(@Nullable C connection, @Nullable Throwable failure);
    }

    private void onCommands(@Nullable StatefulRedisConnection<String, byte[]> connection, @Nullable Throwable failure) {
        connectingCommands = false;
        if (connection == null) {
            commandsRetry.failed(time.nanos());
            problem(reason(failure));
            return;
        }
        commands = connection;
        whenGone(connection, () -> {
            if (commands == connection) {
                LOG.warn("Redis {}: the connection for commands is gone", name);
                dropCommands();
            }
        });
        metrics.countConnect(RelayMetrics.Link.COMMANDS);
        onConnected();
        owner.onCommandsUp(this);
    }

    private void onSubscriptions(
            @Nullable StatefulRedisPubSubConnection<String, byte[]> connection, @Nullable Throwable failure) {
        connectingSubscriptions = false;
        if (connection == null) {
            subscriptionsRetry.failed(time.nanos());
            problem(reason(failure));
            return;
        }
        subscriptions = connection;
        connection.addListener(new PushListener(this, connection, owner));
        whenGone(connection, () -> {
            if (subscriptions == connection) {
                LOG.warn("Redis {}: the connection for subscriptions is gone", name);
                dropSubscriptions();
            }
        });
        metrics.countConnect(RelayMetrics.Link.SUBSCRIPTIONS);
        onConnected();
        owner.onSubscriptionsUp(this);
    }

    /** The first probe goes out with the next tick. */
    private void onConnected() {
        heardNanos = time.nanos();
        answeredNanos = heardNanos;
        probeNanos = heardNanos - PROBE_NANOS;
    }

    private void whenGone(StatefulConnection<String, byte[]> connection, Runnable onGone) {
        connection.addListener(new RedisConnectionStateListener() {
            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> gone) {
                if (driver.loop().inEventLoop()) {
                    onGone.run();
                } else {
                    driver.loop().execute(onGone);
                }
            }
        });
        if (!connection.isOpen()) {
            driver.loop().execute(onGone); // it was gone before anybody listened
        }
    }

    private void dropCommands() {
        StatefulRedisConnection<String, byte[]> connection = commands;
        if (connection != null) {
            commands = null;
            proved = false;
            commandsRetry.failed(time.nanos());
            var unused = connection.closeAsync();
            publishes.onConnectionLost();
            owner.onChanged();
        }
    }

    private void dropSubscriptions() {
        StatefulRedisPubSubConnection<String, byte[]> connection = subscriptions;
        if (connection != null) {
            subscriptions = null;
            proved = false;
            synced = false;
            probe = null;
            subscriptionsRetry.failed(time.nanos());
            var unused = connection.closeAsync();
            owner.onSubscriptionsDown(this);
            owner.onChanged();
        }
    }

    private void problem(String reason) {
        if (!reason.equals(problem)) {
            problem = reason;
            LOG.warn("Redis {}: {}", name, reason);
        }
    }

    private static String reason(@Nullable Throwable failure) {
        Throwable cause = failure;
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause == null ? null : cause.getMessage();
        return message != null ? message : String.valueOf(cause);
    }
}
