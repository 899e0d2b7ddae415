package dev.broadcaster.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Any number of WebSocket clients on one thread, with hand-made frames, so that they can misbehave. Safe from any
 * thread; callbacks run on the swarm's.
 */
public final class Swarm implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Swarm.class);

    private final int port;
    private final Selector selector;
    private final Thread thread = new Thread(this::run, "swarm");
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final ByteBuffer input = ByteBuffer.allocateDirect(256 * 1024);
    private volatile boolean closed;

    /** Clients of the node at {@code port}, or of the one that {@link #open(int, Consumer)} names. */
    public Swarm(int port) {
        this.port = port;
        try {
            this.selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread.setDaemon(true);
        thread.start();
    }

    /** Opens a connection; see {@link SwarmClient#opened()}. */
    public SwarmClient open() {
        return open(SwarmClient.Habits.DECENT);
    }

    public SwarmClient open(SwarmClient.Habits habits) {
        return open(port, habits, text -> {});
    }

    /** Opens a connection to another port, whose broadcasts go to {@code onBroadcast} unchanged. */
    public SwarmClient open(int otherPort, Consumer<String> onBroadcast) {
        return open(otherPort, SwarmClient.Habits.DECENT, onBroadcast);
    }

    private SwarmClient open(int to, SwarmClient.Habits habits, Consumer<String> onBroadcast) {
        SwarmClient client = new SwarmClient(this, habits, onBroadcast);
        execute(() -> connect(client, to, habits));
        return client;
    }

    private void connect(SwarmClient client, int to, SwarmClient.Habits habits) {
        try {
            SocketChannel channel = SocketChannel.open();
            channel.configureBlocking(false);
            if (habits.receiveBufferBytes() > 0) {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, habits.receiveBufferBytes());
            }
            SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT, client);
            client.attach(channel, key);
            if (channel.connect(new InetSocketAddress("127.0.0.1", to))) {
                client.onConnected();
            }
        } catch (IOException e) {
            client.onFailed(e);
        }
    }

    /** Runs a task on the swarm's thread, soon. */
    public void execute(Runnable task) {
        tasks.add(task);
        if (Thread.currentThread() != thread) {
            selector.wakeup();
        }
    }

    private void run() {
        try {
            while (!closed) {
                selector.select(key -> ((SwarmClient) key.attachment()).onReady(), 1_000);
                for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    task.run();
                }
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        } catch (IOException | RuntimeException | AssertionError e) {
            LOG.error("the swarm has died", e);
        }
    }

    /** The input buffer of the clients. */
    ByteBuffer input() {
        return input;
    }

    @Override
    public void close() {
        closed = true;
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
