package dev.broadcaster.http;

import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.websocket.IoThreads;
import java.net.InetAddress;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelListener;
import org.xnio.ChannelListeners;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioIoThread;
import org.xnio.conduits.ConduitStreamSourceChannel;

/**
 * One connection's place among the {@link HttpSockets}: its rank by the time of its last bytes, and its held bytes. It
 * ends when the connection closes, or becomes a WebSocket. Owned by the connection's I/O thread.
 */
final class HttpSocket implements ChannelListener<StreamConnection> {
    /** Replaces a place that has ended. */
    static final HttpSocket NONE = new HttpSocket();

    /** The number of bytes that a connection may read before the others have their turn. */
    static final int MAX_ROUND_BYTES = 64 * 1024;
    /**
     * The number of requests that a connection may make before the others have their turn, not counting those that have
     * been read already.
     */
    static final int MAX_ROUND_REQUESTS = 32;

    private final @Nullable HttpSockets sockets; // null in the head of a ring
    private final @Nullable StreamConnection connection; // null in the head of a ring
    private final HttpSocket keyHolders;
    private HttpSocket ring; // its ring while it is idle
    private HttpSocket next = this; // itself = not in the ring
    private HttpSocket previous = this;
    private @Nullable AnswerSink sink;
    private @Nullable InetAddress statedPeer; // by a trusted proxy
    private boolean busy; // with a request that must not be interrupted
    private boolean ended;
    private boolean requested;
    private boolean waiting; // for the first byte of a request
    private long waitingSinceNanos;
    private int selection; // of the thread, at the last call of mayRead
    private int readBytes; // since then
    private int requests; // since then

    boolean isPutOff; // reads wait for the next turn
    boolean isResumedLater; // in that turn

    private long held;

    /** The head of a ring. */
    HttpSocket() {
        this.sockets = null;
        this.connection = null;
        this.ring = this;
        this.keyHolders = this;
        this.ended = true;
    }

    /** A connection that has shown no API key. */
    HttpSocket(HttpSockets sockets, StreamConnection connection, HttpSocket strangers, HttpSocket keyHolders) {
        this.sockets = sockets;
        this.connection = connection;
        this.ring = strangers;
        this.keyHolders = keyHolders;
    }

    /** A trusted proxy has stated the address of its peer; null if not. */
    void onProxy(@Nullable InetAddress peer) {
        statedPeer = peer;
    }

    /** The address that a trusted proxy has stated, or null. */
    @Nullable
    InetAddress statedPeer() {
        return statedPeer;
    }

    /** The next one in the ring. */
    HttpSocket following() {
        return next;
    }

    /** True if no other is in the ring. */
    boolean isAlone() {
        return next == this;
    }

    /**
     * Starts to watch for the end of the connection, when Undertow does.
     *
     * @param answers notified of the end
     */
    void watch(AnswerSink answers) {
        if (ended || connection == null) {
            answers.forget();
            return;
        }
        sink = answers;
        connection.setCloseListener(this);
        if (!connection.isOpen()) {
            end();
            forget();
        }
    }

    /** The connection waits for the next request. Undertow reports it again after each read of no bytes. */
    void onActive() {
        busy = false;
        if (!waiting && !ended && sockets != null && connection != null) {
            waiting = true;
            waitingSinceNanos = sockets.onWaiting(connection.getIoThread().getNumber());
            rank();
        }
    }

    /** True if the client has not sent any byte of the next request yet. */
    boolean isWaiting() {
        return waiting;
    }

    /** The time at which it began to wait. */
    long waitingSinceNanos() {
        return waitingSinceNanos;
    }

    /**
     * Closes the connection if it is still waiting after another read. Bytes that have arrived are handled: closing
     * would reset the connection, and its client would not know whether its request has been handled.
     */
    void closeIfSilent() {
        if (waiting && !ended && isSilent()) {
            close();
        }
    }

    /**
     * Reads and handles the bytes that have arrived. True if there were none; if not, it is the last of its ring, or it
     * has ended.
     */
    boolean isSilent() {
        if (connection == null) {
            return true;
        }
        ConduitStreamSourceChannel source = connection.getSourceChannel();
        boolean hadItsShare = !mayRead();
        int before = readBytes;
        if (!hadItsShare && source.isReadResumed()) {
            ChannelListeners.invokeChannelListener(source, source.getReadListener());
        }
        if (!hadItsShare && readBytes == before && !isPutOff && !ended) {
            return true;
        }
        if (!busy) {
            rank();
        }
        return false;
    }

    /** The client has sent bytes. */
    void onBytes() {
        waiting = false;
        if (!busy) {
            rank();
        }
    }

    /**
     * True if the connection may read now. A client that sends without end gets a share of each round in which the
     * thread handles its ready sockets; otherwise the thread would serve only this client.
     */
    boolean mayRead() {
        if (sockets == null) {
            return true; // it no longer uses HTTP
        }
        int now = IoThreads.selections();
        if (now != selection) {
            selection = now;
            readBytes = 0;
            requests = 0;
        }
        return readBytes < MAX_ROUND_BYTES && requests < MAX_ROUND_REQUESTS;
    }

    /** This number of bytes has been read. */
    void onRead(int bytes) {
        if (sockets != null) {
            readBytes += bytes;
        }
    }

    /** True if no request has been handled before. */
    boolean isFirstRequest() {
        return !requested;
    }

    /** A request is being handled. */
    void onRequest() {
        if (sockets != null) {
            requested = true;
            requests++;
        }
    }

    private void rank() {
        if (ended) {
            return;
        }
        unlink();
        previous = ring.previous;
        next = ring;
        previous.next = this;
        ring.previous = this;
    }

    /** A request with an API key begins; it lasts until {@link #onActive}. */
    void onBusy() {
        busy = true;
        ring = keyHolders;
        unlink();
    }

    private void unlink() {
        previous.next = next;
        next.previous = previous;
        next = this;
        previous = this;
    }

    /** Changes the held bytes to {@code bytes}. True if this was allowed; if not, they do not change. */
    boolean hold(long bytes) {
        if (bytes == held || ended || sockets == null) {
            return true;
        }
        if (bytes < held) {
            sockets.release(held - bytes);
        } else if (!sockets.hold(held, bytes - held)) {
            return false;
        }
        held = bytes;
        return true;
    }

    /** Counts that the connection, or its input, is refused. */
    void countRefusal(Refusal reason) {
        if (sockets != null) {
            sockets.countRefusal(reason);
        }
    }

    /** Closes the connection. */
    void close() {
        IoUtils.safeClose(connection);
        end();
    }

    /** The connection is closed, or no longer an HTTP connection. */
    void end() {
        if (ended || sockets == null || connection == null) {
            return;
        }
        hold(0);
        ended = true;
        unlink();
        if (sink != null) {
            sink.forget();
            sink = null;
        }
        sockets.onEnd();
    }

    /**
     * Drops the objects that Undertow holds for the closed connection. Its key keeps the connection reachable until the
     * next select, and before that the thread may accept and close thousands.
     */
    private void forget() {
        if (connection != null) {
            connection.setCloseListener(null);
            connection.getSourceChannel().setReadListener(null);
            connection.getSinkChannel().setWriteListener(null);
        }
    }

    /** The connection has closed, on any thread. */
    @Override
    public void handleEvent(StreamConnection closed) {
        XnioIoThread thread = closed.getIoThread();
        if (XnioIoThread.currentThread() == thread) {
            onClosed();
        } else {
            try {
                thread.execute(this::onClosed);
            } catch (RejectedExecutionException e) {
                onClosed(); // the thread has ended
            }
        }
    }

    private void onClosed() {
        end();
        forget();
    }
}
