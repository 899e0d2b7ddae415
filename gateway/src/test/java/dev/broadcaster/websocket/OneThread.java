package dev.broadcaster.websocket;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.hub.Hub;
import dev.broadcaster.hub.Shard;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.LocalRelay;
import dev.broadcaster.rpc.Dispatcher;
import dev.broadcaster.rpc.RpcConfig;
import dev.broadcaster.testing.FakeTime;
import dev.broadcaster.time.TimingWheel;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;
import org.xnio.XnioIoThread;

/** One I/O thread with its shard and its list, for connections that do not authenticate. */
final class OneThread implements AutoCloseable {
    final ConnectionList list = new ConnectionList();
    final FakeTime time = new FakeTime();
    final TimingWheel wheel = new TimingWheel(time);
    final Metrics metrics = new Metrics();
    final Account output;
    final Account input;
    private final IoThreads threads;
    private final Shard shard;
    private final Connections connections;

    /** With a budget that is never short. */
    OneThread() throws IOException {
        this(0, 100_000_000);
    }

    OneThread(long maxPendingBytes, long budgetBytes) throws IOException {
        WebSocketConfig config = new WebSocketConfig(
                0,
                maxPendingBytes,
                0,
                0,
                0,
                Duration.ofSeconds(10),
                Duration.ofSeconds(25),
                Duration.ofSeconds(60),
                false);
        threads = new IoThreads(1, config);
        MemoryBudget budget = new MemoryBudget(budgetBytes, metrics);
        MemoryBudget large = new MemoryBudget(1L << 40, metrics);
        MessageIds ids = new MessageIds(time, 1);
        LocalRelay relay = new LocalRelay(time, ids, new Timestamps(), HistoryConfig.NONE, large);
        Dispatcher dispatcher = new Dispatcher(
                new RpcConfig(0, 0, Duration.ofSeconds(25)), null, null, relay, ids, time, new Timestamps(), metrics);
        Hub hub = new Hub(
                relay,
                threads.shardThreads(),
                large.account(Purpose.FANOUT),
                large.account(Purpose.SUBSCRIPTIONS),
                time,
                metrics);
        shard = hub.shards().get(0);
        output = budget.account(Purpose.OUTPUT);
        input = budget.account(Purpose.INPUT);
        connections = new Connections(config, threads, hub.shards(), dispatcher, budget, wheel, time, metrics);
    }

    XnioIoThread xnio() {
        return threads.worker().getIoThread(0);
    }

    /** A connection in the list. Without a {@code stream} it cannot be started. */
    Connection connection(@Nullable StreamConnection stream) {
        return connection(stream, false);
    }

    Connection connection(@Nullable StreamConnection stream, boolean deflates) {
        Connection connection =
                new Connection(connections, stream, threads.threads().get(0), shard, list, true, deflates);
        list.add(connection);
        return connection;
    }

    /** Runs {@code task} on the thread, and waits until it and the tasks that it added have run. */
    void run(Runnable task) throws Exception {
        CompletableFuture<Void> ran = new CompletableFuture<>();
        xnio().execute(() -> {
            try {
                task.run();
                xnio().execute(() -> ran.complete(null));
            } catch (RuntimeException | Error e) {
                ran.completeExceptionally(e);
            }
        });
        ran.get(60, TimeUnit.SECONDS);
    }

    /** The result of {@code task} on the thread. */
    <T> T call(Callable<T> task) throws Exception {
        CompletableFuture<T> called = new CompletableFuture<>();
        xnio().execute(() -> {
            try {
                called.complete(task.call());
            } catch (Exception | Error e) {
                called.completeExceptionally(e);
            }
        });
        return called.get(60, TimeUnit.SECONDS);
    }

    /** Lets time pass, and fires the expired timers. */
    void pass(Duration duration) throws Exception {
        time.advance(duration);
        run(wheel::advance);
    }

    @Override
    public void close() {
        threads.close();
        metrics.close();
    }
}
