package dev.broadcaster;

import dev.broadcaster.auth.ApiKeys;
import dev.broadcaster.auth.Revocations;
import dev.broadcaster.auth.SecretReload;
import dev.broadcaster.auth.TokenVerifier;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.control.ControlThread;
import dev.broadcaster.control.Fleet;
import dev.broadcaster.control.LocalFleet;
import dev.broadcaster.http.HttpServer;
import dev.broadcaster.http.Readiness;
import dev.broadcaster.hub.Hub;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.ControlMetrics;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.redis.RedisConfig;
import dev.broadcaster.redis.RedisFleet;
import dev.broadcaster.redis.RedisRelay;
import dev.broadcaster.relay.LocalRelay;
import dev.broadcaster.relay.PublishLimits;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.rpc.Dispatcher;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import dev.broadcaster.websocket.Connections;
import dev.broadcaster.websocket.IoThreads;
import dev.broadcaster.websocket.NodeClients;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running node: builds all parts in the order in which a message meets them. The only class that knows all of them.
 */
public final class Gateway implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);

    /** The time after the drain for the last connections to answer their close frames. */
    private static final Duration CLOSING_TIME = Duration.ofSeconds(6);

    /** The time for clients to receive the close frame when a node stops at once. */
    private static final Duration STOPPING_TIME = Duration.ofSeconds(1);

    private final GatewayConfig config;
    private final Metrics metrics;
    private final TimingWheel wheel;
    private final TokenVerifier verifier;
    private final SecretReload secretReload;
    private final Relay relay;
    private final ControlThread control;
    private final Fleet fleet;
    private final IoThreads threads;
    private final Connections connections;
    private final Readiness readiness;
    private final HttpServer server;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    private Gateway(GatewayConfig config, Time time) throws IOException {
        this.config = config;
        this.metrics = new Metrics();
        this.wheel = new TimingWheel(time);
        MemoryBudget budget = MemoryBudget.ofHeap(config.memoryBudgetPercent(), metrics);
        Timestamps timestamps = new Timestamps();
        MessageIds ids = new MessageIds(time, new SecureRandom().nextLong());
        this.verifier = TokenVerifier.withKeySets(config.auth(), wheel, time, metrics);
        ApiKeys keys = new ApiKeys(config.auth());
        this.secretReload = new SecretReload(config.auth(), config.secretFiles(), verifier, keys, metrics);
        RedisConfig redis = config.redis();
        ControlMetrics calls = metrics.control();
        this.control = new ControlThread();
        calls.revocations(verifier.revocations(), Revocations::count);
        if (redis == null) {
            this.relay = new LocalRelay(time, ids, timestamps, config.history(), budget);
            this.fleet = new LocalFleet(verifier.revocations(), wheel, control);
        } else {
            RedisRelay redisRelay = new RedisRelay(
                    redis,
                    config.history(),
                    time,
                    wheel,
                    ids,
                    timestamps,
                    new SplittableRandom(),
                    metrics,
                    budget.account(Purpose.PUBLISHES),
                    budget.account(Purpose.SUBSCRIPTIONS),
                    budget.account(Purpose.HISTORY),
                    IoThreads::executeAfterwards);
            this.relay = redisRelay;
            this.fleet = new RedisFleet(redisRelay, verifier.revocations(), ids, wheel, control, calls);
        }
        this.threads = new IoThreads(config.http().ioThreads(), config.websocket());
        Hub hub = new Hub(
                relay,
                threads.shardThreads(),
                budget.account(Purpose.FANOUT),
                budget.account(Purpose.SUBSCRIPTIONS),
                time,
                metrics);
        PublishLimits limits =
                new PublishLimits(config.publish(), config.history(), time, new SecureRandom().nextLong(), metrics);
        Dispatcher dispatcher = new Dispatcher(config.rpc(), verifier, limits, relay, ids, time, timestamps, metrics);
        this.connections =
                new Connections(config.websocket(), threads, hub.shards(), dispatcher, budget, wheel, time, metrics);
        this.readiness = new Readiness(relay, fleet::trouble, verifier::trouble, metrics);
        this.server = new HttpServer(
                config.http(),
                keys,
                limits,
                relay,
                fleet,
                connections,
                readiness,
                calls,
                threads,
                budget,
                wheel,
                time,
                metrics);
        relay.start(fleet.listening(hub));
        fleet.start(new NodeClients(connections, hub, verifier.revocations(), control, time));
    }

    /**
     * Starts a node; it listens when this returns.
     *
     * @throws UncheckedIOException if a port is already used, or the certificate is invalid
     */
    public static Gateway start(GatewayConfig config) {
        return start(config, Time.SYSTEM);
    }

    /** Like {@link #start(GatewayConfig)}, with given clocks. */
    public static Gateway start(GatewayConfig config, Time time) {
        Gateway gateway;
        try {
            gateway = new Gateway(config, time);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            gateway.wheel.start();
            gateway.verifier.start();
            gateway.secretReload.start();
            gateway.server.start();
        } catch (RuntimeException e) {
            gateway.close();
            throw e;
        }
        return gateway;
    }

    /** The public port. */
    public int port() {
        return server.port();
    }

    /** The number of I/O threads. */
    public int ioThreads() {
        return threads.count();
    }

    /** The management port. */
    public int managementPort() {
        return server.managementPort();
    }

    /**
     * Leaves the fleet without losing messages: not ready at once, no new connections, every connection closed with
     * 1001, spread over the drain time, publishes in flight answered; then stops. Blocks until then.
     */
    public void drain() {
        readiness.drain();
        CompletableFuture<Void> drained =
                CompletableFuture.allOf(connections.drain(config.drainTimeout()), server.drain(config.drainTimeout()));
        Duration time = config.drainTimeout().plus(CLOSING_TIME);
        if (!await(CompletableFuture.anyOf(drained, closed), time)) {
            LOG.warn("not all connections and publishes ended within the drain time");
        }
        close();
    }

    /**
     * Stops at once: every remaining client is closed with 1001, and has a second to receive it. A running drain ends
     * too.
     */
    public void stop() {
        readiness.drain();
        await(CompletableFuture.anyOf(connections.drain(Duration.ZERO), closed), STOPPING_TIME);
        close();
    }

    /** True if it completed in time. */
    private static boolean await(CompletableFuture<?> future, Duration time) {
        try {
            future.get(time.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }

    /** Closes everything that is open; a running drain ends too. Any thread. */
    @Override
    public void close() {
        if (!closed.complete(null)) {
            return;
        }
        readiness.drain();
        server.close();
        secretReload.close();
        verifier.close();
        fleet.close();
        control.close();
        wheel.close();
        threads.close();
        relay.close();
        metrics.close();
    }
}
