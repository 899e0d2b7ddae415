package dev.broadcaster.bench;

import dev.broadcaster.process.Node;
import dev.broadcaster.process.ProcStat;
import dev.broadcaster.process.ServerProcess;
import dev.broadcaster.process.Token;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SelectionKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The client of one run: it makes the connections, publishes, checks every delivery, and measures. For one thread. */
final class Load implements AutoCloseable {
    /** The number of connections that may be in progress at once, so that no listen queue overflows. */
    private static final int CONNECTING = 128;

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    private final Workload workload;
    private final ServerProcess server;
    private final boolean compression;
    private final Wire wire;
    private final Payload payload;
    private final Messages messages;
    private final List<SubscriberPeer> subscribers = new ArrayList<>();
    private final List<Peer> peers = new ArrayList<>();
    private final List<Publisher> publishers = new ArrayList<>();
    private final Percentiles latencies = new Percentiles();

    private long due; // the time of the next message, with a rate
    private int turn; // the next publisher
    private long nowNanos;
    private long deliveries;
    private long acknowledged;

    /**
     * A client that has no connection yet.
     *
     * @param compression true if subscribers request permessage-deflate
     */
    Load(Workload workload, ServerProcess server, boolean compression) throws IOException {
        this.workload = workload;
        this.server = server;
        this.compression = compression;
        this.wire = new Wire();
        this.payload = new Payload(workload.payloadBytes());
        this.messages = new Messages(workload, this::onAcknowledged);
    }

    /** Connects subscribers until there are {@code count}, all authenticated and subscribed. */
    void connect(int count) throws IOException {
        int ready = subscribers.size();
        long end = System.nanoTime() + PATIENCE.toNanos();
        int first = ready;
        while (ready < count) {
            while (subscribers.size() < count && subscribers.size() - ready < CONNECTING) {
                int number = subscribers.size();
                SubscriberPeer peer = new SubscriberPeer(
                        wire,
                        server.port(),
                        token("s" + number),
                        messages,
                        workload,
                        number,
                        payload,
                        this::onDelivery,
                        compression);
                subscribers.add(peer);
                peers.add(peer);
            }
            select(10 * MILLI);
            while (first < subscribers.size() && subscribers.get(first).isReady()) {
                first++;
            }
            ready = first;
            if (System.nanoTime() > end) {
                throw new IllegalStateException("only " + ready + " of " + count + " connections in " + PATIENCE);
            }
        }
    }

    private void connectPublishers() throws IOException {
        for (int i = 0; i < workload.publishers(); i++) {
            if (workload.webSocket()) {
                WebSocketPublisher publisher = new WebSocketPublisher(wire, server.port(), token("p" + i), messages);
                peers.add(publisher);
                publishers.add(publisher);
            } else {
                RestPublisher publisher = new RestPublisher(wire, server.port(), Node.API_KEY, messages);
                peers.add(publisher);
                publishers.add(publisher);
            }
        }
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!publishers.stream().allMatch(Publisher::isReady)) {
            select(10 * MILLI);
            if (System.nanoTime() > end) {
                throw new IllegalStateException("publishers are not ready in " + PATIENCE);
            }
        }
    }

    /** Each connection has its own token, because a server may cache verified ones. */
    private static String token(String subject) {
        return Token.mint(Node.SECRET, subject, List.of("*"), Duration.ofHours(1));
    }

    /**
     * Runs everything: warms up, measures, waits for the rest.
     *
     * @throws IllegalStateException unless every delivery was right
     */
    Sample run(Duration warmUp, Duration window) throws IOException {
        connect(workload.connections());
        connectPublishers();
        due = System.nanoTime();
        publishUntil(due + warmUp.toNanos());

        latencies.clear();
        long deliveriesBefore = deliveries;
        long acknowledgedBefore = acknowledged;
        long cpuBefore = ProcStat.cpuMicros(server.pid());
        long bytesBefore = wire.bytesRead;
        long start = System.nanoTime();
        publishUntil(start + window.toNanos());
        long cpu = ProcStat.cpuMicros(server.pid()) - cpuBefore;
        long bytes = wire.bytesRead - bytesBefore;
        double seconds = (System.nanoTime() - start) / 1e9;
        long count = workload.publishesOnly() ? acknowledged - acknowledgedBefore : deliveries - deliveriesBefore;

        long end = System.nanoTime() + PATIENCE.toNanos();
        while (messages.inFlight() > 0 && System.nanoTime() < end) {
            select(10 * MILLI);
        }
        messages.verify();
        return new Sample(
                (double) cpu / Math.max(1, count),
                count / seconds,
                latencies.millis(0.5),
                latencies.millis(0.99),
                (double) bytes / Math.max(1, count));
    }

    private void publishUntil(long end) throws IOException {
        while (true) {
            long now = System.nanoTime();
            if (now >= end) {
                return;
            }
            if (workload.rate() > 0) {
                while (due <= now && publish(due)) {
                    due += (long) (1e9 / workload.rate());
                }
                select(Math.min(end, Math.max(due, now)) - now);
            } else {
                while (messages.inFlight() < workload.inFlight() && publish(now)) {}
                select(Math.min(end - now, 10 * MILLI));
            }
        }
    }

    /** Publishes the next message; false if no publisher is free. */
    private boolean publish(long dueNanos) throws IOException {
        for (int i = 0; i < publishers.size(); i++) {
            turn = (turn + 1) % publishers.size();
            Publisher publisher = publishers.get(turn);
            if (publisher.unanswered() < workload.pipeline()) {
                int number = messages.issue(dueNanos);
                publisher.publish(number, messages.channel(number), payload.of(dueNanos, number));
                return true;
            }
        }
        return false;
    }

    /**
     * Handles ready connections, and waits for them up to {@code nanos}: precisely, unlike the milliseconds of the
     * selector.
     */
    private void select(long nanos) throws IOException {
        if (nanos >= 2 * MILLI) {
            wire.selector.select(this::onReady, nanos / MILLI - 1);
        } else if (wire.selector.selectNow(this::onReady) == 0 && nanos > 0) {
            LockSupport.parkNanos(Math.min(nanos, MILLI / 10));
        }
    }

    private void onReady(SelectionKey key) {
        nowNanos = System.nanoTime();
        try {
            ((Peer) key.attachment()).onReady();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void onDelivery(long dueNanos) {
        deliveries++;
        latencies.record(nowNanos - dueNanos);
    }

    private void onAcknowledged(long dueNanos) {
        acknowledged++;
        if (workload.publishesOnly()) {
            latencies.record(nowNanos - dueNanos);
        }
    }

    /** The number of accepted publishes so far. */
    long acknowledged() {
        return acknowledged;
    }

    @Override
    public void close() {
        peers.forEach(Peer::close);
        wire.close();
    }
}
