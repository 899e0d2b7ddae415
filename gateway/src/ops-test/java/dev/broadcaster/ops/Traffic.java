package dev.broadcaster.ops;

import dev.broadcaster.testing.Tokens;
import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Publisher;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Traffic of all kinds at every node: subscribers of a few channels, who also publish, and publishers over REST.
 * Failures while Redis is away are retried. Its threads end with {@link #close}.
 */
final class Traffic implements AutoCloseable {
    private static final int CHANNELS = 4;
    private static final int BATCH = 5;
    private static final int PAYLOAD_BYTES = 200;
    private static final long PAUSE_NANOS = 50_000_000;

    private final List<Thread> threads = new ArrayList<>();
    private final Queue<String> trouble = new ConcurrentLinkedQueue<>();
    private final AtomicLong accepted = new AtomicLong();
    private volatile boolean closed;

    private Traffic() {}

    static Traffic start(List<NodeProcess> nodes) {
        Traffic traffic = new Traffic();
        for (NodeProcess node : nodes) {
            traffic.spawn(() -> traffic.publish(node));
            for (int i = 0; i < CHANNELS; i++) {
                String channel = "ops:" + i;
                traffic.spawn(() -> traffic.subscribe(node, channel));
            }
        }
        return traffic;
    }

    /** The number of accepted publishes over REST. */
    long accepted() {
        return accepted.get();
    }

    /** The problems so far. */
    List<String> trouble() {
        return List.copyOf(trouble);
    }

    private interface Work {
        void run() throws IOException;
    }

    private void spawn(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException | RuntimeException e) {
                        if (!closed) {
                            trouble.add(String.valueOf(e));
                        }
                    }
                },
                "traffic");
        thread.setDaemon(true);
        thread.start();
        threads.add(thread);
    }

    private void publish(NodeProcess node) throws IOException {
        try (Publisher publisher = new Publisher(node.port())) {
            for (int i = 0; !closed; i++) {
                accepted.addAndGet(publisher.publish("ops:" + i % CHANNELS, BATCH, PAYLOAD_BYTES));
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private void subscribe(NodeProcess node, String channel) throws IOException {
        byte[] publish = Frame.text("{\"id\":3,\"method\":\"publish\",\"params\":{\"channel\":\"" + channel
                + "\",\"event\":\"e\",\"payload\":1}}").bytes();
        try (Socket socket = new Socket("127.0.0.1", node.port());
                BlockingClient client = new BlockingClient(socket)) {
            client.subscribe(Tokens.valid(), channel);
            socket.setSoTimeout(100_000); // while Redis is away there are pings only
            for (int i = 0; !closed; i++) {
                Frame frame = client.read();
                if (frame.opcode() == 9) {
                    client.pong(frame.payload());
                } else if (frame.closeCode() != 0) {
                    throw new IOException("closed with " + frame.closeCode());
                }
                if (i % 50 == 0) {
                    client.sendRaw(publish);
                }
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Thread thread : threads) {
            try {
                thread.join(1_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
