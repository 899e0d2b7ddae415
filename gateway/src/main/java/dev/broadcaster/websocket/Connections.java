package dev.broadcaster.websocket;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.hub.Shard;
import dev.broadcaster.message.Timestamps;
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
import java.util.function.Consumer;
import org.xnio.StreamConnection;

/** All WebSocket connections of the node, from the upgrade to the last byte. Safe from any thread. */
public final class Connections {
    /** Messages before {@code auth} have to be small when this part of the input account is used. */
    private static final int CROWDED = 8;

    /** The number of connections without a place that are kept even if {@code MAX_CONNECTIONS} is small. */
    private static final int MIN_OTHERS = 64;
    /** The number of connections that are checked to find one that can be closed. */
    private static final int MAX_LOOKS = 8;

    private final WebSocketConfig config;
    private final RequestRate requestRate;
    private final List<IoThread> threads;
    private final List<Shard> shards;
    private final List<ConnectionList> lists; // by thread, of those that have authenticated
    private final List<ConnectionList> strangers; // by thread, of the others
    private final Dispatcher dispatcher;
    private final TimingWheel wheel;
    private final Time time;
    private final OutputBudget output;
    private final Account input;
    private final Metrics metrics;
    private final Timestamps timestamps = new Timestamps();
    private final AtomicInteger open = new AtomicInteger(); // sockets
    private final AtomicInteger taken = new AtomicInteger(); // places of the admitted connections
    private final AtomicInteger unauthenticated = new AtomicInteger();
    private final AtomicInteger closing = new AtomicInteger(); // still wait for the client's close
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
        this.strangers = lists.stream()
                .map(authenticated -> new ConnectionList(unauthenticated, authenticated))
                .toList();
        this.dispatcher = dispatcher;
        this.wheel = wheel;
        this.time = time;
        this.output = new OutputBudget(budget.account(Purpose.OUTPUT), threads.threads(), time);
        this.input = budget.account(Purpose.INPUT);
        this.metrics = metrics;
        metrics.gauge("connections", "", "Open WebSocket connections", open, AtomicInteger::get);
        metrics.gauge(
                "connections.limit",
                "",
                "The largest number of connections of the node, MAX_CONNECTIONS; 0 = no limit",
                config,
                WebSocketConfig::maxConnections);
        metrics.gauge(
                "connections.unauthenticated",
                "",
                "Open WebSocket connections that have not authenticated",
                unauthenticated,
                AtomicInteger::get);
        for (CloseCode code : CloseCode.values()) {
            metrics.expectClose(code.number());
        }
        metrics.expectClose(CloseCode.ABNORMAL);
    }

    /**
     * Takes over a connection after the 101 has been written. On its I/O thread; the connection may have bytes that
     * arrived with the handshake.
     *
     * @param deflates true if permessage-deflate was negotiated, without context takeover either way
     */
    public void accept(StreamConnection stream, boolean deflates) {
        int number = stream.getIoThread().getNumber();
        ConnectionList list = strangers.get(number);
        boolean admitted = admit(list);
        open.incrementAndGet();
        metrics.countOpened();
        Connection connection =
                new Connection(this, stream, threads.get(number), shards.get(number), list, admitted, deflates);
        list.add(connection);
        if (draining) {
            metrics.countRefusal(Refusal.DRAINING);
            connection.close(CloseCode.GOING_AWAY, "node is draining");
        } else if (!admitted) {
            metrics.countRefusal(Refusal.CAPACITY);
            connection.close(CloseCode.AT_CAPACITY, "at capacity");
        }
        connection.start();
    }

    /**
     * Takes one of the places of {@code MAX_CONNECTIONS}. If none is left, or too many connections have not
     * authenticated, the oldest of those is closed. A refused connection takes no place, however long it stays.
     */
    private boolean admit(ConnectionList list) {
        if (config.maxUnauthenticated() > 0 && unauthenticated.get() >= config.maxUnauthenticated()) {
            makeRoom(list);
        }
        return takePlace() || (makeRoom(list) && takePlace());
    }

    /** Ends the oldest connection of a list whose {@code auth} has not arrived; true if there was one. */
    private boolean makeRoom(ConnectionList list) {
        for (int i = 0; i < MAX_LOOKS; i++) {
            Connection oldest = list.first();
            if (oldest == null) {
                return false;
            }
            if (oldest.giveWay()) {
                metrics.countRefusal(Refusal.UNAUTHENTICATED);
                return true;
            }
        }
        return false;
    }

    private boolean takePlace() {
        if (taken.incrementAndGet() <= config.maxConnections() || config.maxConnections() == 0) {
            return true;
        }
        taken.decrementAndGet();
        return false;
    }

    /** True if clients may negotiate permessage-deflate. */
    public boolean compresses() {
        return config.compression();
    }

    /**
     * Takes {@code bytes} for unfinished input of a connection that already holds {@code held}. Strangers may fill a
     * half of the account, so that they take no memory of authenticated clients.
     */
    boolean hold(long held, long bytes, boolean authenticated) {
        if (input.take(held, bytes, upTo(authenticated))) {
            return true;
        }
        input.countRefusal();
        return false;
    }

    void release(long bytes) {
        if (bytes != 0) {
            input.add(-bytes);
        }
    }

    /** The largest number of bytes that a connection may hold now. */
    long inputShare(boolean authenticated) {
        return input.share(upTo(authenticated));
    }

    private long upTo(boolean authenticated) {
        return authenticated ? input.limit() : input.limit() / 2;
    }

    /** True if so many bytes are held that a message before {@code auth} has to be small. */
    boolean isInputCrowded() {
        return input.used() >= input.limit() / CROWDED;
    }

    /** The largest number of connections that the node keeps, HTTP connections included; 0 = no limit. */
    public int maxSockets() {
        int most = config.maxConnections();
        return most == 0 ? 0 : most + Math.max(MIN_OTHERS, most / 4);
    }

    /** The number of open sockets. Any thread. */
    public int count() {
        return open.get();
    }

    /**
     * A close frame is queued; true if the connection may wait for the client's. One that never authenticated waits
     * only while few others do, so that strangers hold no more places by being closed than by staying.
     */
    boolean onClosing(boolean authenticated) {
        int waiting = closing.incrementAndGet();
        int most = config.maxConnections();
        return authenticated || draining || most == 0 || waiting <= Math.max(MIN_OTHERS, most / 16);
    }

    void onClosed(boolean admitted, boolean wasClosing) {
        if (wasClosing) {
            closing.decrementAndGet();
        }
        if (admitted) {
            taken.decrementAndGet();
        }
        if (open.decrementAndGet() == 0 && draining) {
            drained.complete(null);
        }
    }

    /**
     * Closes every connection with 1001, spread evenly over {@code duration}, each when its requests are answered;
     * complete when the last one has ended. A second call can only shorten the time.
     */
    public CompletableFuture<Void> drain(Duration duration) {
        draining = true;
        for (int i = 0; i < threads.size(); i++) {
            Drain drain = new Drain(threads.get(i), List.of(strangers.get(i), lists.get(i)), duration, wheel, time);
            threads.get(i).execute(Fatal.guarded(drain::begin));
        }
        if (open.get() == 0) {
            drained.complete(null);
        }
        return drained;
    }

    /**
     * Visits every authenticated connection on its I/O thread, a few per turn, in the order in which they authenticated;
     * those that authenticate meanwhile too.
     *
     * @param end called once per thread, on it
     */
    void walk(Consumer<Connection> visitor, Runnable end) {
        for (int i = 0; i < threads.size(); i++) {
            ConnectionWalk walk = new ConnectionWalk(lists.get(i), visitor, end, time);
            threads.get(i).execute(Fatal.guarded(walk::begin));
        }
    }

    /** The number of I/O threads. */
    int threadCount() {
        return threads.size();
    }

    String format(long epochMillis) {
        return timestamps.format(epochMillis);
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
