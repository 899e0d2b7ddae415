package dev.broadcaster.http;

import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.time.Fatal;
import dev.broadcaster.websocket.IoThreads;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.AbstractServerConnection;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.ConduitReadableByteChannel;
import org.xnio.conduits.ConduitStreamSourceChannel;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.ReadReadyHandler;
import org.xnio.conduits.StreamSourceConduit;
import org.xnio.ssl.SslConnection;

/**
 * Replaces the socket from which Undertow reads requests. It limits the bytes before {@link StrictHttpHandler} takes a
 * request, which Undertow alone does not: Undertow reads the body of a request that it refuses itself (no {@code Host})
 * to the end, with chunks and trailers of any length. An unfinished head is counted in the memory budget.
 *
 * <p>It counts the bytes that do not belong to a handled request: the head of the next one, and bytes that were read
 * with it. A connection with more than {@value #MAX_BYTES} of them is cut, and so is one whose head is not complete
 * {@value #TIMEOUT_SECONDS} s after Undertow began to wait for the rest. It parses only the end of the
 * {@link RequestLine}. Owned by the connection's I/O thread.
 */
final class RequestSource extends AbstractStreamSourceConduit<StreamSourceConduit> {
    /** More than the largest head and a buffer of Undertow, which refuses a head over 32 KiB after reading it. */
    static final int MAX_BYTES = 64 * 1024;

    static final int TIMEOUT_SECONDS = 5;

    /** A head of 31 kB with 198 fields takes 71 kB until it is complete (measured); other heads take less. */
    private static final double HEAP_BYTES_PER_BYTE = 2.5;

    private static final long UNKNOWN = Long.MAX_VALUE / 2;

    private final StreamConnection connection;
    private HttpSocket socket;
    private long untaken; // negative while this number of bytes of a body is outstanding
    private final RequestLine line = new RequestLine();
    private XnioExecutor.@Nullable Key deadline; // while the rest of a head is outstanding

    private RequestSource(StreamSourceConduit bytes, StreamConnection connection, HttpSocket socket) {
        super(bytes);
        this.connection = connection;
        this.socket = socket;
    }

    /** Puts a source under a new connection, before Undertow gets it. */
    static void install(StreamConnection connection, HttpSocket socket) {
        ConduitStreamSourceChannel channel = connection.getSourceChannel();
        StreamSourceConduit bytes = channel.getConduit();
        if (!(connection instanceof SslConnection)) {
            bytes = new LazyReads(bytes, new ReadReadyHandler.ChannelListenerHandler<>(channel));
        }
        channel.setConduit(new RequestSource(bytes, connection, socket));
    }

    /**
     * Removes it from a connection that no longer uses HTTP. When bytes arrived with the request, Undertow has put a
     * conduit above it that returns them: then it stays, and counts nothing.
     */
    static void remove(StreamConnection connection, HttpServerExchange upgraded) {
        onRequest(upgraded, UNKNOWN);
        RequestSource below = of(upgraded);
        if (below != null) {
            below.socket.end();
            below.socket = HttpSocket.NONE; // Undertow keeps this source for the life of the connection
        }
        if (connection.getSourceChannel().getConduit() instanceof RequestSource source) {
            connection
                    .getSourceChannel()
                    .setConduit(source.next instanceof LazyReads lazy ? lazy.remove() : source.next);
        }
    }

    /** A request is being handled; none of its body, which has this number of bytes, has been read. */
    static void onRequest(HttpServerExchange exchange, long bodyBytes) {
        RequestSource source = of(exchange);
        if (source != null) {
            boolean isHandshake = source.socket.isFirstRequest()
                    && exchange.getRequestURI().endsWith(WebSocketHandler.PATH)
                    && exchange.getRequestHeaders().contains(Headers.UPGRADE);
            PooledByteBuffer buffered = ((AbstractServerConnection) exchange.getConnection()).getExtraBytes();
            if (!source.onRequest(buffered, bodyBytes, isHandshake)) {
                // First: closing ends the exchange, and Undertow would wait for the next request.
                exchange.setPersistent(false);
                IoUtils.safeClose(source.connection);
            }
        }
    }

    /** The current request has an API key: it is not interrupted when there are too many connections. */
    static void onKey(HttpServerExchange exchange) {
        RequestSource source = of(exchange);
        if (source != null) {
            source.socket.onBusy();
        }
    }

    /** The address that a proxy has stated as that of its peer, or null. */
    static @Nullable InetAddress statedPeer(HttpServerExchange exchange) {
        RequestSource source = of(exchange);
        return source == null ? null : source.socket.statedPeer();
    }

    private static @Nullable RequestSource of(HttpServerExchange exchange) {
        return exchange.getConnection() instanceof AbstractServerConnection server
                        && server.getOriginalSourceConduit() instanceof RequestSource source
                ? source
                : null;
    }

    /**
     * @param isHandshake true if the request is the first of its connection, and is answered at once: the socket has
     *     room for the response, so bytes that arrived with a handshake do not wait
     * @return false if there is no memory for the bytes of the next request
     */
    private boolean onRequest(@Nullable PooledByteBuffer buffered, long bodyBytes, boolean isHandshake) {
        cancelDeadline();
        line.begin();
        socket.onRequest();
        if (buffered == null) {
            untaken = -bodyBytes;
            socket.hold(0);
            return true;
        }
        ByteBuffer bytes = buffered.getBuffer(); // read from the socket, and not used yet
        untaken = bytes.remaining() - bodyBytes;
        boolean waits = untaken > 0; // the next request, until this one is answered
        onHead(bytes, bytes.remaining(), bytes.limit());
        return (isHandshake && waits) || socket.hold(waits ? bytes.capacity() : 0);
    }

    /** This number of bytes has arrived, of which the last {@link #untaken}, or all, belong to the next request. */
    private void onHead(ByteBuffer bytes, int count, int end) {
        if (untaken > 0) {
            line.onBytes(bytes, end - (int) Math.min(untaken, count), end);
        }
    }

    /** True if the request line of the next request names HTTP/1. */
    static boolean isOfHttp1(HttpServerExchange exchange) {
        RequestSource source = of(exchange);
        return source == null || source.line.isOfHttp1();
    }

    /** Like {@link #onRequest}, with a body in chunks; {@link #onBodyEnd} is called at its end. */
    static void onChunkedRequest(HttpServerExchange exchange) {
        onRequest(exchange, UNKNOWN);
    }

    /** The end of a body in chunks has been read. */
    static void onBodyEnd(HttpServerExchange exchange) {
        onRequest(exchange, 0);
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
        if (!socket.mayRead()) {
            putOff();
            return 0;
        }
        int count = (int) counted(next.read(to));
        if (count > 0) {
            onHead(to, count, to.position());
        }
        return count;
    }

    /**
     * Lets the later bytes be read in the connection's next turn. A TLS conduit may have them already, and would report
     * them repeatedly.
     */
    private void putOff() {
        if (!socket.isPutOff) {
            socket.isPutOff = true;
            socket.isResumedLater = next.isReadResumed();
            next.suspendReads();
            IoThreads.executeInTurn(Fatal.guarded(this::goOn));
        }
    }

    private void goOn() {
        boolean resumed = socket.isPutOff && socket.isResumedLater;
        socket.isPutOff = false;
        if (resumed && connection.isOpen()) {
            next.wakeupReads();
        }
    }

    @Override
    public boolean isReadResumed() {
        return socket.isPutOff ? socket.isResumedLater : next.isReadResumed();
    }

    @Override
    public void suspendReads() {
        if (socket.isPutOff) {
            socket.isResumedLater = false;
        } else {
            next.suspendReads();
        }
    }

    private void resume(boolean wakeup) {
        if (socket.isPutOff) {
            socket.isResumedLater = true;
        } else if (wakeup) {
            next.wakeupReads();
        } else {
            next.resumeReads();
        }
    }

    @Override
    public long read(ByteBuffer[] to, int offset, int length) throws IOException {
        for (int i = offset; i < offset + length; i++) {
            if (to[i].hasRemaining()) {
                return read(to[i]);
            }
        }
        return 0;
    }

    private long counted(long bytes) throws IOException {
        if (bytes > 0) {
            socket.onBytes();
            socket.onRead((int) bytes);
            untaken += bytes;
            if (untaken > MAX_BYTES) {
                socket.countRefusal(Refusal.HTTP);
                IoUtils.safeClose(connection);
                throw new IOException("more than " + MAX_BYTES + " bytes before a request");
            }
            if (deadline != null && !holdHead()) {
                throw new IOException("no memory for the head of a request");
            }
        }
        return bytes;
    }

    /** Counts the incomplete head; false, and the connection is cut, if there is no memory for it. */
    private boolean holdHead() {
        if (socket.hold((long) (untaken * HEAP_BYTES_PER_BYTE))) {
            return true;
        }
        IoUtils.safeClose(connection);
        return false;
    }

    @Override
    public long transferTo(long position, long count, FileChannel to) throws IOException {
        return to.transferFrom(new ConduitReadableByteChannel(this), position, count);
    }

    @Override
    public long transferTo(long count, ByteBuffer through, StreamSinkChannel to) throws IOException {
        return Conduits.transfer(this, count, through, to);
    }

    @Override
    public void resumeReads() {
        if (startDeadline()) {
            resume(false);
        }
    }

    @Override
    public void wakeupReads() {
        if (startDeadline()) {
            resume(true);
        }
    }

    /** False if the connection has been cut instead. */
    private boolean startDeadline() {
        if (untaken == 0) {
            socket.onActive(); // the next request is outstanding
        }
        if (untaken <= 0 || deadline != null) {
            return true;
        }
        if (!holdHead()) {
            return false;
        }
        WeakReference<RequestSource> waiting = new WeakReference<>(this); // a closed connection is not kept for it
        try {
            deadline = connection
                    .getIoThread()
                    .executeAfter(
                            () -> {
                                RequestSource source = waiting.get();
                                if (source != null) {
                                    source.onDeadline();
                                }
                            },
                            TIMEOUT_SECONDS,
                            TimeUnit.SECONDS);
            return true;
        } catch (RejectedExecutionException e) {
            IoUtils.safeClose(connection); // the thread ends
            return false;
        }
    }

    private void onDeadline() {
        XnioExecutor.Key expired = deadline;
        // The thread may have been too busy to read: handle the received bytes first.
        IoThreads.executeLater(Fatal.guarded(() -> {
            if (deadline != null && deadline == expired && connection.isOpen()) {
                deadline = null;
                socket.countRefusal(Refusal.SLOW_HEADER);
                IoUtils.safeClose(connection);
            }
        }));
    }

    private void cancelDeadline() {
        if (deadline != null) {
            deadline.remove();
            deadline = null;
        }
    }
}
