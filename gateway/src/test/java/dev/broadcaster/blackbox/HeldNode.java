package dev.broadcaster.blackbox;

import dev.broadcaster.GatewayConfig;
import dev.broadcaster.auth.ApiKeys;
import dev.broadcaster.auth.Revocations;
import dev.broadcaster.auth.TokenVerifier;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.control.LocalFleet;
import dev.broadcaster.http.HttpServer;
import dev.broadcaster.http.Readiness;
import dev.broadcaster.hub.Hub;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.relay.PublishLimits;
import dev.broadcaster.rpc.Dispatcher;
import dev.broadcaster.testing.Tokens;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import dev.broadcaster.websocket.Connections;
import dev.broadcaster.websocket.IoThreads;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A node in this process whose relay answers when the test tells it to. */
final class HeldNode implements AutoCloseable {
    final HeldRelay relay = new HeldRelay();
    private final TimingWheel wheel = new TimingWheel(Time.SYSTEM);
    private final Metrics metrics = new Metrics();
    private final IoThreads threads;
    private final Readiness readiness;
    private final HttpServer server;

    /** {@code settings} are alternating names and values. */
    HeldNode(String... settings) {
        Map<String, String> all = new HashMap<>(Map.of(
                "HOST", "127.0.0.1",
                "PORT", "0",
                "MANAGEMENT_PORT", "0",
                "JWT_SECRET", Tokens.SECRET,
                "API_KEYS", TestGateway.API_KEY,
                "IO_THREADS", "1"));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        try {
            GatewayConfig config = GatewayConfig.parse(all);
            this.threads = new IoThreads(1, config.websocket());
            MemoryBudget budget = MemoryBudget.ofHeap(config.memoryBudgetPercent(), metrics);
            PublishLimits limits = new PublishLimits(config.publish(), config.history(), Time.SYSTEM, 1, metrics);
            Hub hub = new Hub(
                    relay,
                    threads.shardThreads(),
                    budget.account(Purpose.FANOUT),
                    budget.account(Purpose.SUBSCRIPTIONS),
                    Time.SYSTEM,
                    metrics);
            Dispatcher dispatcher = new Dispatcher(
                    config.rpc(),
                    new TokenVerifier(config.auth(), Time.SYSTEM),
                    limits,
                    relay,
                    new MessageIds(Time.SYSTEM, 1),
                    Time.SYSTEM,
                    new Timestamps(),
                    metrics);
            this.readiness = new Readiness(relay, () -> null, () -> null, metrics);
            Connections connections = new Connections(
                    config.websocket(), threads, hub.shards(), dispatcher, budget, wheel, Time.SYSTEM, metrics);
            this.server = new HttpServer(
                    config.http(),
                    new ApiKeys(config.auth()),
                    limits,
                    relay,
                    new LocalFleet(new Revocations(Time.SYSTEM, Revocations.MAX_LIFE), wheel, Runnable::run),
                    connections,
                    readiness,
                    metrics.control(),
                    threads,
                    budget,
                    wheel,
                    Time.SYSTEM,
                    metrics);
        } catch (Exception e) {
            throw new AssertionError("the node did not start", e);
        }
        wheel.start();
        server.start();
    }

    int port() {
        return server.port();
    }

    int managementPort() {
        return server.managementPort();
    }

    /** Starts a drain of the node; complete when nothing is in flight any more. */
    CompletableFuture<Void> drain() {
        readiness.drain();
        return server.drain(Duration.ofSeconds(20));
    }

    /** The value of a series, by its complete name. */
    double metric(String series) {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + series));
    }

    @Override
    public void close() {
        server.close();
        wheel.close();
        threads.close();
        metrics.close();
    }
}
