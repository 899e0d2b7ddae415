package dev.broadcaster.http;

import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.websocket.IoThreads;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelListener;
import org.xnio.ChannelListeners;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioIoThread;

/**
 * One connection's place among the {@link HttpSockets}: its rank by the time of its last bytes, and what it holds. It ends
 * when the connection closes, or becomes a WebSocket. Owned by the connection's I/O thread.
 */
final class HttpSocket implements ChannelListener<StreamConnection> {
    /** In the place of one that has ended. */
    static final HttpSocket NONE = new HttpSocket();

    /** What a connection may read before it is another's turn. */
    static final int MAX_ROUND_BYTES = 64 * 1024;
    /** How many requests a connection may make before it is another's turn, those aside that have been read already. */
    static final int MAX_ROUND_REQUESTS = 32;

    private final @Nullable HttpSockets sockets; // null in the head of a ring
    private final @Nullable StreamConnection connection; // null in the head of a ring
    private final HttpSocket keyHolders;
    private HttpSocket ring; // that it is in while it is idle
    private HttpSocket next = this; // itself = not in the ring
    private HttpSocket previous = this;
    private @Nullable ChannelListener<? super StreamConnection> undertows;
    private @Nullable AnswerSink sink;
    private boolean busy; // with a request that may not be interrupted
    private boolean ended;
    private boolean requested;
    private int selection; // of the thread, when mayRead was asked last
    private int readBytes; // since then
    private int requests; // since then

    @Nullable
    Boolean resumedLater; // null unless reads are put off to the next turn; then whether they are resumed in it

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

    /** The one behind it in the ring. */
    HttpSocket following() {
        return next;
    }

    /** Whether no other is in the ring. */
    boolean isAlone() {
        return next == this;
    }

    /**
     * Begins to watch for the end of the connection, once Undertow does.
     *
     * @param answers told of the end
     */
    void watch(AnswerSink answers) {
        if (ended || connection == null) {
            answers.forget();
            return;
        }
        sink = answers;
        undertows = connection.getCloseListener();
        connection.setCloseListener(this);
        if (!connection.isOpen()) {
            end();
            forget();
        }
    }

    /** It has sent something, or waits for the next request. */
    void onActive() {
        busy = false;
        rank();
    }

    /** It has sent something. */
    void onBytes() {
        if (!busy) {
            rank();
        }
    }

    /**
     * Whether the connection may read now. A client that sends without end gets a share of each round in which the thread
     * handles what its sockets have; otherwise the thread would serve it alone.
     */
    boolean mayRead() {
        if (sockets == null) {
            return true; // it speaks HTTP no more
        }
        int now = IoThreads.selections();
        if (now != selection) {
            selection = now;
            readBytes = 0;
            requests = 0;
        }
        return readBytes < MAX_ROUND_BYTES && requests < MAX_ROUND_REQUESTS;
    }

    /** So many bytes have been read. */
    void onRead(int bytes) {
        if (sockets != null) {
            readBytes += bytes;
        }
    }

    /** Whether no request has been taken up before. */
    boolean isFirstRequest() {
        return !requested;
    }

    /** A request has been taken up. */
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

    /** Holds so many bytes instead of what it held. Whether it may; if not, it holds what it held. */
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

    /** Counts that the connection, or what it sent, is refused. */
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

    /** The connection is closed, or no HTTP connection any more. */
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
        if (undertows != null) {
            connection.setCloseListener(undertows);
        }
        sockets.onEnd();
    }

    /**
     * Drops what Undertow holds for the connection, which has closed. Its key keeps the connection reachable until the
     * selector looks again, and before that the thread may accept and close thousands.
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
        ChannelListeners.invokeChannelListener(closed, undertows);
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
