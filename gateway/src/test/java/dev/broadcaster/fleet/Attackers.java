package dev.broadcaster.fleet;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * Hostile clients of each kind against the first node of a target. When a connection is cut, its client makes another.
 */
final class Attackers implements AutoCloseable {
    private static final int CONNECT_MILLIS = 2_000;
    private static final long RETRY_NANOS = 50_000_000;

    private final TrafficTarget target;
    private final Map<Attack, LongAdder> connections = new EnumMap<>(Attack.class);
    private final List<Thread> threads = new ArrayList<>();
    private final List<Socket> sockets = new ArrayList<>(); // guarded by itself
    private volatile boolean stopped;

    private Attackers(TrafficTarget target) {
        this.target = target;
    }

    /** Starts this many clients of each kind. */
    static Attackers start(TrafficTarget target, List<Attack> kinds, int perKind, long seed) {
        Attackers attackers = new Attackers(target);
        for (Attack attack : kinds) {
            LongAdder made = new LongAdder();
            attackers.connections.put(attack, made);
            for (int i = 0; i < perKind; i++) {
                Random random = new Random(seed + attack.ordinal() * 1_000L + i);
                Thread thread = new Thread(() -> attackers.run(attack, random, made), attack + " " + i);
                thread.setDaemon(true);
                attackers.threads.add(thread);
            }
        }
        attackers.threads.forEach(Thread::start);
        return attackers;
    }

    private void run(Attack attack, Random random, LongAdder made) {
        while (!stopped) {
            try (Socket socket = new Socket()) {
                socket.setReceiveBufferSize(4_096);
                synchronized (sockets) {
                    sockets.add(socket);
                }
                socket.connect(new InetSocketAddress("127.0.0.1", target.port(0)), CONNECT_MILLIS);
                made.increment();
                attack.run(attack.isBelowTls() ? socket : target.over(socket), random, () -> !stopped);
            } catch (IOException e) {
                // refused or cut: the next one
            }
            synchronized (sockets) {
                sockets.removeIf(Socket::isClosed);
            }
            LockSupport.parkNanos(RETRY_NANOS);
        }
    }

    /** The number of connections that each kind has made. */
    @Override
    public String toString() {
        return connections.entrySet().stream()
                .map(made -> made.getKey() + " " + made.getValue())
                .collect(Collectors.joining(", "));
    }

    /** Ends all connections, and waits for the threads. */
    @Override
    public void close() {
        stopped = true;
        synchronized (sockets) {
            for (Socket socket : sockets) {
                try {
                    socket.close();
                } catch (IOException e) {
                    // it has ended
                }
            }
        }
        for (Thread thread : threads) {
            try {
                thread.join(10_000);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
