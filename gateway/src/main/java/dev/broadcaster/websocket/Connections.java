package dev.broadcaster.websocket;

import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.hub.Shard;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.protocol.CloseCode;
import dev.broadcaster.rpc.Dispatcher;
import dev.broadcaster.time.Fatal;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.xnio.StreamConnection;

/** All WebSocket connections of the node, from the upgrade to the last byte. Safe from any thread. */
public final class Connections {
    private final WebSocketConfig config;
    private final RequestRate requestRate;
    private final List<IoThread> threads;
    private final List<Shard> shards;
    private final List<ConnectionList> lists;
    private final Dispatcher dispatcher;
    private final TimingWheel wheel;
    private final Time time;
    private final OutputBudget output;
    private final Metrics metrics;
    private final AtomicInteger open = new AtomicInteger(); // sockets
    private final AtomicInteger taken = new AtomicInteger(); // places of those that have been admitted
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private volatile boolean draining;

    public Connections(
            WebSocketConfig config,
            IoThreads threads,
            List<Shard> shards,
            Dispatcher dispatcher,
            MemoryBudget budget,
            TimingWheel wheel,
            Time time,
            Metrics metrics) {
        this.config = config;
        this.requestRate = new RequestRate(config.maxRequestRate());
        this.threads = threads.threads();
        this.shards = shards;
        this.lists = shards.stream().map(shard -> new ConnectionList()).toList();
        this.dispatcher = dispatcher;
        this.wheel = wheel;
        this.time = time;
        this.output = new OutputBudget(budget.account(Purpose.OUTPUT), threads.threads(), time);
        this.metrics = metrics;
        metrics.gauge("connections", "", "Open WebSocket connections", open, AtomicInteger::get);
        metrics.gauge(
                "connections.limit",
                "",
                "The most connections that the node takes, MAX_CONNECTIONS; 0 = no limit",
                config,
                WebSocketConfig::maxConnections);
        for (CloseCode code : CloseCode.values()) {
            metrics.expectClose(code.number());
        }
        metrics.expectClose(CloseCode.ABNORMAL);
    }

    /**
     * Takes over a connection after the 101 has been written. On its I/O thread; the connection may have bytes that came
     * with the handshake.
     *
     * @param deflates whether permessage-deflate was negotiated, without context takeover either way
     */
    public void accept(StreamConnection stream, boolean deflates) {
        int number = stream.getIoThread().getNumber();
        boolean admitted = admit();
        open.incrementAndGet();
        metrics.countOpened();
        Connection connection = new Connection(
                this, stream, threads.get(number), shards.get(number), lists.get(number), admitted, deflates);
        lists.get(number).add(connection);
        if (draining) {
            metrics.countRefusal(Refusal.DRAINING);
            connection.close(CloseCode.GOING_AWAY, "node is draining");
        } else if (!admitted) {
            metrics.countRefusal(Refusal.CAPACITY);
            connection.close(CloseCode.AT_CAPACITY, "at capacity");
        }
        connection.start();
    }

    /** Takes one of the places of {@code MAX_CONNECTIONS}, if one is left. Who is refused takes none, however long he stays. */
    private boolean admit() {
        if (taken.incrementAndGet() <= config.maxConnections() || config.maxConnections() == 0) {
            return true;
        }
        taken.decrementAndGet();
        return false;
    }

    /** Whether clients may negotiate permessage-deflate. */
    public boolean compresses() {
        return config.compression();
    }

    void onClosed(boolean admitted) {
        if (admitted) {
            taken.decrementAndGet();
        }
        if (open.decrementAndGet() == 0 && draining) {
            drained.complete(null);
        }
    }

    /**
     * Closes every connection with 1001, spread evenly over {@code duration}, each once its requests are answered; complete
     * when the last one has ended. Called again, it can only make it shorter.
     */
    public CompletableFuture<Void> drain(Duration duration) {
        draining = true;
        for (int i = 0; i < threads.size(); i++) {
            Drain drain = new Drain(threads.get(i), lists.get(i), duration);
            threads.get(i).execute(Fatal.guarded(drain::begin));
        }
        if (open.get() == 0) {
            drained.complete(null);
        }
        return drained;
    }

    /** Closes the connections of one thread a few at a time, so that they do not all come back at once. */
    private final class Drain extends TimingWheel.Timer {
        private final IoThread thread;
        private final ConnectionList connections;
        private final long nanos;
        private final long deadline;
        private long initial;

        Drain(IoThread thread, ConnectionList connections, Duration duration) {
            this.thread = thread;
            this.connections = connections;
            this.nanos = Math.max(1, duration.toNanos());
            this.deadline = time.nanos() + nanos;
        }

        void begin() {
            initial = connections.openCount();
            closeSome();
        }

        @Override
        protected void onExpired() {
            thread.execute(Fatal.guarded(this::closeSome));
        }

        private void closeSome() {
            double left = Math.max(0, (double) (deadline - time.nanos()) / nanos);
            int excess = connections.openCount() - (int) (initial * left);
            connections.forSome(excess, Connection::leave);
            if (connections.openCount() > 0) {
                wheel.schedule(this, TimingWheel.TICK_NANOS);
            }
        }
    }

    WebSocketConfig config() {
        return config;
    }

    RequestRate requestRate() {
        return requestRate;
    }

    OutputBudget output() {
        return output;
    }

    Dispatcher dispatcher() {
        return dispatcher;
    }

    TimingWheel wheel() {
        return wheel;
    }

    Time time() {
        return time;
    }

    Metrics metrics() {
        return metrics;
    }
}
