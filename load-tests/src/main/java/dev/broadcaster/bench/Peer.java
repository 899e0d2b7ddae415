package dev.broadcaster.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A connection of the client: it reads the available bytes, keeps incomplete ones, writes as much as the socket takes.
 */
abstract class Peer {
    private static final byte[] NOTHING = {};

    final Wire wire;
    private final SocketChannel socket;
    private final SelectionKey key;
    private byte[] rest = NOTHING; // read, but not complete
    private @Nullable ByteBuffer unwritten;

    Peer(Wire wire, int port) throws IOException {
        this.wire = wire;
        socket = SocketChannel.open();
        socket.configureBlocking(false);
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        // Closing resets, so that no port stays in use between two runs.
        socket.setOption(StandardSocketOptions.SO_LINGER, 0);
        key = socket.register(wire.selector, SelectionKey.OP_CONNECT, this);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    /** The connection is open. */
    abstract void onConnected() throws IOException;

    /** Bytes have arrived; returns the end of the complete ones. */
    abstract int onBytes(byte[] bytes, int to) throws IOException;

    final void onReady() throws IOException {
        if (key.isConnectable()) {
            socket.finishConnect();
            key.interestOps(SelectionKey.OP_READ);
            onConnected();
            return;
        }
        if (key.isWritable()) {
            write();
        }
        if (key.isReadable()) {
            read();
        }
    }

    private void read() throws IOException {
        wire.in.clear();
        int count = socket.read(wire.in);
        if (count < 0) {
            throw new IOException("the server has closed " + this);
        }
        wire.bytesRead += count;
        System.arraycopy(rest, 0, wire.bytes, 0, rest.length);
        wire.in.flip().get(wire.bytes, rest.length, count);
        int to = rest.length + count;
        int done = onBytes(wire.bytes, to);
        rest = done == to ? NOTHING : Arrays.copyOfRange(wire.bytes, done, to);
    }

    final void send(ByteBuffer bytes) throws IOException {
        if (unwritten == null) {
            socket.write(bytes);
        }
        if (bytes.hasRemaining()) {
            int before = unwritten == null ? 0 : unwritten.remaining();
            ByteBuffer all = ByteBuffer.allocate(before + bytes.remaining());
            if (unwritten != null) {
                all.put(unwritten);
            }
            unwritten = all.put(bytes).flip();
            key.interestOpsOr(SelectionKey.OP_WRITE);
        }
    }

    private void write() throws IOException {
        if (unwritten != null) {
            socket.write(unwritten);
            if (!unwritten.hasRemaining()) {
                unwritten = null;
            }
        }
        if (unwritten == null) {
            key.interestOpsAnd(~SelectionKey.OP_WRITE);
        }
    }

    /** Stops reading. */
    final void stall() {
        key.interestOps(0);
    }

    final void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
