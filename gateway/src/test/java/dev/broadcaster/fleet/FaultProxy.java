package dev.broadcaster.fleet;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * A TCP proxy that simulates a bad network between a node and Redis: it forwards both ways by default. A fault applies
 * to existing and new links, until {@link #heal}. Two threads per link. All methods are safe from any thread.
 */
final class FaultProxy implements AutoCloseable {
    /** The treatment of the bytes of one direction. */
    private sealed interface Way {
        record Open() implements Way {}

        /** They wait until it heals, as in TCP while the network is gone. */
        record Held() implements Way {}

        /** They are read and dropped. */
        record Dropped() implements Way {}

        record Delayed(long nanos) implements Way {}

        /** At most this many bytes at once, with a pause after each time. */
        record Dripped(int bytes, long pauseNanos) implements Way {}

        /** Sometimes no bytes move for a while: the effect of lost packets above TCP. */
        record Stalled(double probability, long nanos) implements Way {}
    }

    private static final Way OPEN = new Way.Open();
    private static final long TICK_NANOS = 2_000_000;

    private final class Link {
        final Socket client;
        final Socket server;

        Link(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void start() {
            thread("requests", () -> pump(client, server, true));
            thread("replies", () -> pump(server, client, false));
        }

        private void pump(Socket from, Socket to, boolean requests) {
            byte[] bytes = new byte[16 * 1024];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                while (true) {
                    awaitNotHeld(requests);
                    int count = in.read(bytes);
                    if (count < 0) {
                        break;
                    }
                    forward(bytes, count, out, requests);
                }
            } catch (IOException e) {
                // the link has ended
            }
            awaitNotHeldQuietly(requests); // the end of the link is lost with the rest
            close(false);
        }

        private void forward(byte[] bytes, int count, OutputStream out, boolean requests) throws IOException {
            int done = 0;
            while (done < count) {
                int most = count - done;
                Way way = way(requests);
                if (way instanceof Way.Delayed delayed) {
                    pause(delayed.nanos);
                } else if (way instanceof Way.Dripped dripped) {
                    pause(dripped.pauseNanos);
                    most = Math.min(most, dripped.bytes);
                } else if (way instanceof Way.Stalled stalled && chance(stalled.probability)) {
                    pause(stalled.nanos);
                }
                awaitNotHeld(requests);
                if (!(way(requests) instanceof Way.Dropped)) {
                    out.write(bytes, done, most);
                }
                done += most;
            }
        }

        private void awaitNotHeld(boolean requests) throws IOException {
            while (way(requests) instanceof Way.Held) {
                pause(TICK_NANOS);
                if (client.isClosed()) {
                    throw new IOException("cut");
                }
            }
        }

        private void awaitNotHeldQuietly(boolean requests) {
            try {
                awaitNotHeld(requests);
            } catch (IOException e) {
                // it was cut meanwhile
            }
        }

        void close(boolean abruptly) {
            links.remove(this);
            for (Socket socket : new Socket[] {client, server}) {
                try {
                    if (abruptly) {
                        socket.setSoLinger(true, 0);
                    }
                    socket.close();
                } catch (IOException e) {
                    // it has gone
                }
            }
        }
    }

    private final ServerSocket listener;
    private final int target;
    private final Random random;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final LongAdder attempts = new LongAdder();
    private volatile boolean refusing;
    private volatile Way requestsWay = OPEN;
    private volatile Way repliesWay = OPEN;

    /** Listens on a free port and connects to {@code target}, both on the loopback. */
    FaultProxy(int target, long seed) {
        this.target = target;
        this.random = new Random(seed);
        try {
            listener = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread("accept", this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    int links() {
        return links.size();
    }

    /** The number of connection attempts so far, refused or not. */
    long attempts() {
        return attempts.sum();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                attempts.increment();
                if (refusing) {
                    client.setSoLinger(true, 0);
                    client.close();
                } else {
                    open(client);
                }
            } catch (IOException e) {
                // the listener was closed, or this client has gone
            }
        }
    }

    private void open(Socket client) throws IOException {
        Socket server;
        try {
            server = new Socket(InetAddress.getLoopbackAddress(), target);
        } catch (IOException e) {
            client.close();
            throw e;
        }
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        Link link = new Link(client, server);
        links.add(link);
        link.start();
    }

    // ---- faults

    /** Ends the existing links with a FIN; new ones are accepted. */
    void cut() {
        links.forEach(link -> link.close(false));
    }

    /** Ends the existing links with an RST. */
    void reset() {
        links.forEach(link -> link.close(true));
    }

    /** Ends the existing links and refuses new ones. */
    void refuse() {
        refusing = true;
        reset();
    }

    /** Nothing moves; all bytes, and the ends of links, arrive after the healing. */
    void blackHole() {
        blackHoleRequests();
        blackHoleReplies();
    }

    void blackHoleRequests() {
        requestsWay = new Way.Held();
    }

    void blackHoleReplies() {
        repliesWay = new Way.Held();
    }

    /** Requests arrive; replies of Redis are lost for good. Links cannot continue after that: {@link #cut} them. */
    void dropReplies() {
        repliesWay = new Way.Dropped();
    }

    void delay(long millisEachWay) {
        requestsWay = new Way.Delayed(millisEachWay * 1_000_000);
        repliesWay = requestsWay;
    }

    /** A slow link: this many bytes per pause, each way. */
    void drip(int bytes, long pauseMillis) {
        requestsWay = new Way.Dripped(bytes, pauseMillis * 1_000_000);
        repliesWay = requestsWay;
    }

    void stall(double probability, long millis) {
        requestsWay = new Way.Stalled(probability, millis * 1_000_000);
        repliesWay = requestsWay;
    }

    void heal() {
        refusing = false;
        requestsWay = OPEN;
        repliesWay = OPEN;
    }

    // ---- helpers

    private Way way(boolean requests) {
        return requests ? requestsWay : repliesWay;
    }

    private boolean chance(double probability) {
        synchronized (random) {
            return random.nextDouble() < probability;
        }
    }

    private static void pause(long nanos) {
        long end = System.nanoTime() + nanos;
        for (long rest = nanos; rest > 0; rest = end - System.nanoTime()) {
            LockSupport.parkNanos(rest);
        }
    }

    private void thread(String name, Runnable work) {
        Thread thread = new Thread(work, "proxy to " + target + ": " + name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        reset();
    }
}
