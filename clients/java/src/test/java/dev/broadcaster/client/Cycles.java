package dev.broadcaster.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Connects, subscribes, loses the connection, publishes, and recovers, many times: memory and threads must stay as they
 * are. Then 100 clients connect, which share their threads. Arguments: the base path of a node that was started with
 * {@code HISTORY='cycles:=100/10m' serve --dev}, and the number of cycles.
 */
final class Cycles {
    private static final int CLIENTS = 100;
    private static final int WARM_UP = 100;

    private final String base;
    private final RestClient rest;
    private final String channel = "cycles:" + Long.toString(System.nanoTime(), 36);
    private final String token = TokenMinter.hs256("insecure-development-secret")
            .mint("cycles", List.of("*"), EnumSet.allOf(TokenMinter.Scope.class), Duration.ofHours(1));
    private final AtomicInteger resumed = new AtomicInteger();
    private final AtomicInteger gaps = new AtomicInteger();
    private final BlockingQueue<Message> received = new LinkedBlockingQueue<>();

    private Cycles(String base) {
        this.base = base;
        rest = RestClient.create(URI.create(base), "insecure-development-key");
    }

    public static void main(String[] args) throws Exception {
        var cycles = new Cycles(args[0]);
        boolean same = cycles.loseAndRecover(Integer.parseInt(args[1]));
        cycles.shareThreads();
        System.exit(same ? 0 : 1);
    }

    private boolean loseAndRecover(int count) throws Exception {
        URI node = URI.create(base.replaceFirst("^http", "ws") + "/websocket");
        var relay = new Relay(node.getPort());
        var uri = URI.create("ws://127.0.0.1:" + relay.port() + node.getPath());
        BroadcasterClient client = BroadcasterClient.builder(uri)
                .token(token)
                .clock(new Impatient())
                .listener(new ClientListener() {})
                .build();
        Handle handle = client.subscribe(channel, new Listener());
        client.connect();
        handle.ready().get(30, TimeUnit.SECONDS);
        long heap = 0;
        int threads = 0;
        for (int i = 1; i <= WARM_UP + count; i++) {
            relay.cut();
            Json payload = Json.of(Integer.toString(i));
            var unused = rest.publish(channel, "cycle", payload).get(30, TimeUnit.SECONDS);
            Message message = received.poll(30, TimeUnit.SECONDS);
            if (message == null || !message.json().equals(payload.text())) {
                throw new IllegalStateException("cycle " + i + ": " + message);
            }
            if (i == WARM_UP || i == WARM_UP + count) {
                long usedNow = heapUsed();
                int threadsNow = threads().size();
                System.out.printf(
                        "%,6d cycles: %,d bytes of heap, %d threads; %d recoveries, %d gaps, %d messages more than once%n",
                        i, usedNow, threadsNow, resumed.get(), gaps.get(), received.size());
                if (i == WARM_UP) {
                    heap = usedNow;
                    threads = threadsNow;
                } else {
                    System.out.printf(
                            "%+,.1f bytes per cycle, %+d threads%n",
                            (usedNow - heap) / (double) count, threadsNow - threads);
                    client.closeAsync().get(30, TimeUnit.SECONDS);
                    return gaps.get() == 0 && received.isEmpty() && usedNow - heap < 100L * count;
                }
            }
        }
        return false;
    }

    private void shareThreads() throws Exception {
        Set<String> before = threads();
        var clients = new ArrayList<BroadcasterClient>();
        var handles = new ArrayList<Handle>();
        for (int i = 0; i < CLIENTS; i++) {
            BroadcasterClient client = BroadcasterClient.builder(
                            URI.create(base.replaceFirst("^http", "ws") + "/websocket"))
                    .token(token)
                    .build();
            handles.add(client.subscribe(channel, new Listener()));
            client.connect();
            clients.add(client);
        }
        for (Handle handle : handles) {
            handle.ready().get(60, TimeUnit.SECONDS);
        }
        int connected = threads().size();
        Thread.sleep(12_000);
        Set<String> idle = threads();
        System.out.printf(
                "%d clients: %d threads before, %d when all are live, %d when they are idle: %s%n",
                CLIENTS, before.size(), connected, idle.size(), idle);
        clients.forEach(BroadcasterClient::close);
    }

    private static long heapUsed() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(100);
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** The names of the threads, without those of the relay. */
    private static Set<String> threads() {
        var names = new TreeSet<String>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (!thread.getName().startsWith("relay")) {
                names.add(thread.getName() + "#" + thread.getId());
            }
        }
        return names;
    }

    private final class Listener implements ChannelListener {
        @Override
        public void onLive(Live live) {
            resumed.addAndGet(Boolean.TRUE.equals(live.resumed()) ? 1 : 0);
        }

        @Override
        public void onGap(Gap gap) {
            gaps.incrementAndGet();
        }

        @Override
        public void onMessage(Message message) {
            received.add(message);
        }
    }

    /** The clock of the system, without delays before an attempt. */
    private static final class Impatient implements Clock {
        @Override
        public long millis() {
            return SharedThreads.CLOCK.millis();
        }

        @Override
        public double random() {
            return 0;
        }

        @Override
        public Cancel schedule(long millis, Runnable task) {
            return SharedThreads.CLOCK.schedule(millis, task);
        }
    }

    /** Passes connections on to a port, and resets them on demand. */
    private static final class Relay {
        private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

        Relay(int port) throws IOException {
            start(() -> {
                for (; ; ) {
                    Socket client = server.accept();
                    var node = new Socket(InetAddress.getLoopbackAddress(), port);
                    sockets.add(client);
                    sockets.add(node);
                    start(() -> pass(client, node));
                    start(() -> pass(node, client));
                }
            });
        }

        int port() {
            return server.getLocalPort();
        }

        void cut() throws IOException {
            for (Socket each : List.copyOf(sockets)) {
                each.setSoLinger(true, 0);
                each.close();
                sockets.remove(each);
            }
        }

        private interface Work {
            void run() throws IOException;
        }

        private static void start(Work work) {
            var thread = new Thread(
                    () -> {
                        try {
                            work.run();
                        } catch (IOException e) {
                            // The connection was cut.
                        }
                    },
                    "relay");
            thread.setDaemon(true);
            thread.start();
        }

        private static void pass(Socket from, Socket to) throws IOException {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            in.transferTo(out);
        }
    }
}
