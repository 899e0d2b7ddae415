package dev.broadcaster.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The minimum for a server on this JVM: one thread, one selector, frames made once per message, one write for all
 * messages of a turn to a connection. No JSON, no authentication, no limits: it searches for the few words that the
 * benchmark's client sends, and fails with any other client. A program: it prints its port.
 */
final class BareLoop {
    static final String LISTENING = "bare loop listens on port (\\d+)";

    private final Selector selector = Selector.open();
    private final List<List<BareConnection.Subscription>> channels = new ArrayList<>();
    private final List<BareConnection> touched = new ArrayList<>();
    private final ByteBuffer in = ByteBuffer.allocateDirect(256 * 1024);
    private final ByteBuffer out = ByteBuffer.allocateDirect(256 * 1024);
    private long lastId;

    private BareLoop() throws IOException {}

    public static void main(String[] args) throws IOException {
        new BareLoop().run();
    }

    private void run() throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT, server);
        System.out.println("bare loop listens on port " + server.socket().getLocalPort());
        while (true) {
            selector.select(this::onReady);
            for (int i = 0; i < touched.size(); i++) {
                touched.get(i).flush(out);
            }
            touched.clear();
        }
    }

    private void onReady(SelectionKey key) {
        try {
            if (key.attachment() instanceof ServerSocketChannel server) {
                accept(server);
            } else {
                ((BareConnection) key.attachment()).onReady(in, out);
            }
        } catch (IOException e) {
            key.cancel();
        }
    }

    private void accept(ServerSocketChannel server) throws IOException {
        for (SocketChannel socket = server.accept(); socket != null; socket = server.accept()) {
            socket.configureBlocking(false);
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            SelectionKey key = socket.register(selector, SelectionKey.OP_READ);
            key.attach(new BareConnection(this, socket, key));
        }
    }

    List<BareConnection.Subscription> channel(int number) {
        while (channels.size() <= number) {
            channels.add(new ArrayList<>(2));
        }
        return channels.get(number);
    }

    /** Sends a message, whose payload is {@code bytes[from, to)}, to all subscribers of a channel. */
    void publish(int channel, byte[] bytes, int from, int to) {
        List<BareConnection.Subscription> subscriptions = channel(channel);
        if (subscriptions.isEmpty()) {
            return;
        }
        byte[] start = ("{\"method\":\"broadcast\",\"params\":{\"id\":\"" + ++lastId + "\",\"seq\":")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] middle = (",\"createTime\":\"2026-01-01T00:00:00.000Z\",\"channel\":\"c" + channel
                        + "\",\"event\":\"e\",\"payload\":")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] end = new byte[middle.length + to - from + 2];
        System.arraycopy(middle, 0, end, 0, middle.length);
        System.arraycopy(bytes, from, end, middle.length, to - from);
        end[end.length - 2] = '}';
        end[end.length - 1] = '}';
        for (int i = 0; i < subscriptions.size(); i++) {
            BareConnection.Subscription subscription = subscriptions.get(i);
            if (subscription.connection.broadcast(start, ++subscription.seq, end)) {
                touched.add(subscription.connection);
            }
        }
    }
}
