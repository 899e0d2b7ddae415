package dev.broadcaster.fleet;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Ledger;
import dev.broadcaster.testing.Ledger.Received;
import dev.broadcaster.testing.Ledger.Subscription;
import dev.broadcaster.testing.Tokens;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A client with a subscription to each channel that records every frame. When its connection ends, it makes another,
 * with new subscriptions. Runs on its own thread.
 */
final class LoadSubscriber {
    private static final Pattern BROADCAST =
            Pattern.compile("\"id\":\"([^\"]*)\",\"seq\":(\\d+),.*?\"channel\":\"([^\"]*)\""
                    + ".*\"p\":\"([^\"]*)\",\"n\":(\\d+),\"t\":(-?\\d+)");
    private static final int CONNECT_MILLIS = 2_000;

    /** An idle node pings after 25 s. */
    private static final int SILENCE_MILLIS = 35_000;

    private static final long RETRY_NANOS = 100_000_000;

    private final TrafficTarget target;
    private final Ledger ledger;
    private final String name;
    private final List<String> channels;
    private final Thread thread;
    private final Map<String, Long> latestSent = new ConcurrentHashMap<>();
    private final Map<String, Subscription> live = new ConcurrentHashMap<>();
    private final Queue<String> endings = new ConcurrentLinkedQueue<>();
    private final Random random;
    private int home;
    private int connections;
    private volatile @Nullable Socket socket;
    private volatile boolean stopped;

    LoadSubscriber(TrafficTarget target, Ledger ledger, String name, int home, List<String> channels) {
        this.target = target;
        this.ledger = ledger;
        this.name = name;
        this.home = home;
        this.channels = channels;
        this.random = new Random(name.hashCode());
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Leaves; later messages do not count. Its subscriptions count as live to the end. */
    void stop() {
        stopped = true;
        Socket open = socket;
        try {
            if (open != null) {
                open.close();
            }
            thread.join();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** True if it has received a message on each channel that was sent after {@code nanos}. */
    boolean hasFlowSince(long nanos) {
        return channels.stream().allMatch(channel -> latestSent.getOrDefault(channel, Long.MIN_VALUE) > nanos);
    }

    /** Its subscriptions right now, by channel. */
    Map<String, Subscription> live() {
        return live;
    }

    /** The end of each connection that was not ended by this client, for example {@code 1001 node is draining}. */
    List<String> endings() {
        return List.copyOf(endings);
    }

    @Override
    public String toString() {
        return name;
    }

    private void run() {
        try {
            while (!stopped) {
                try (Socket made = new Socket()) {
                    socket = made;
                    serve(made);
                } catch (IOException e) {
                    if (!stopped && !live.isEmpty()) {
                        endings.add(String.valueOf(e.getMessage()));
                    }
                }
                if (!stopped) {
                    live.values().forEach(Subscription::end);
                    live.clear();
                    LockSupport.parkNanos(RETRY_NANOS);
                    home += 1 + random.nextInt(Math.max(1, target.size() - 1)); // distributed over the nodes
                }
            }
        } catch (RuntimeException | Error e) {
            ledger.odd(name + " died: " + e);
            throw e;
        }
    }

    private void serve(Socket made) throws IOException {
        made.connect(new InetSocketAddress("127.0.0.1", target.portInService(home)), CONNECT_MILLIS);
        made.setTcpNoDelay(true);
        made.setSoTimeout(SILENCE_MILLIS);
        BlockingClient client = new BlockingClient(target.over(made));
        client.send("{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + Tokens.valid() + "\"}}");
        String connection = name + "/" + ++connections;
        Map<Integer, String> asked = new HashMap<>();
        Map<Integer, Long> askedAt = new HashMap<>();
        for (int i = 0; i < channels.size(); i++) {
            asked.put(i + 2, channels.get(i));
            askedAt.put(i + 2, System.nanoTime());
            client.send("{\"id\":" + (i + 2) + ",\"method\":\"subscribe\",\"params\":{\"channel\":\"" + channels.get(i)
                    + "\"}}");
        }
        while (!stopped) {
            Frame frame = client.read();
            switch (frame.opcode()) {
                case 1 -> {
                    String text = frame.text();
                    if (text.startsWith("{\"method\":\"broadcast\"")) {
                        onBroadcast(text);
                    } else {
                        onReply(connection, text, asked, askedAt);
                    }
                }
                case 8 ->
                    throw new IOException(frame.closeCode() + " " + frame.text().substring(2));
                case 9 -> client.pong(frame.payload());
                default -> ledger.odd(name + " got opcode " + frame.opcode());
            }
        }
    }

    private void onReply(String connection, String text, Map<Integer, String> asked, Map<Integer, Long> askedAt)
            throws IOException {
        long now = System.nanoTime();
        if (!text.contains("\"result\"")) {
            throw new IOException("refused: " + text);
        }
        int id = Integer.parseInt(text.replaceFirst(".*\"requestId\":(\\d+).*", "$1"));
        String channel = asked.get(id);
        if (channel != null) {
            Subscription subscription = new Subscription(connection, channel, askedAt.get(id), now);
            ledger.subscribed(subscription);
            live.put(channel, subscription);
        }
    }

    private void onBroadcast(String text) {
        long now = System.nanoTime();
        Matcher broadcast = BROADCAST.matcher(text);
        if (!broadcast.find()) {
            ledger.odd(name + " got " + text);
            return;
        }
        String channel = broadcast.group(3);
        Subscription subscription = live.get(channel);
        if (subscription == null) {
            ledger.odd(name + " got a broadcast before the reply to its subscribe: " + text);
            return;
        }
        subscription.received(new Received(
                Long.parseLong(broadcast.group(2)),
                broadcast.group(1),
                broadcast.group(4),
                Long.parseLong(broadcast.group(5)),
                now));
        latestSent.merge(channel, Long.parseLong(broadcast.group(6)), Math::max);
    }
}
