package dev.broadcaster.websocket;

import dev.broadcaster.protocol.CloseCode;
import dev.broadcaster.protocol.MalformedJsonException;
import dev.broadcaster.protocol.Request;
import dev.broadcaster.protocol.RequestScanner;
import dev.broadcaster.protocol.Utf8;
import dev.broadcaster.time.Fatal;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelListener;
import org.xnio.StreamConnection;
import org.xnio.conduits.ConduitStreamSourceChannel;
import org.xnio.ssl.SslConnection;

/**
 * The reading half of a connection: bytes of the socket become frames, messages become requests for the session. It
 * reads on while requests wait, so that control frames are handled, until the session is full. Between messages it
 * holds no buffer and no reader. Owned by the connection's thread.
 */
final class Inbound implements FrameHandler, ChannelListener<ConduitStreamSourceChannel> {
    /** The longest message before {@code auth} when memory gets short: a token of 16 KiB and the request around it. */
    static final int MAX_BYTES_BEFORE_AUTH = 20 * 1024;

    /** The number of times that one connection may read before the others have their turn. */
    private static final int MAX_READS = 4;
    /** The size of a read while memory is short, because unhandled bytes have to be kept. */
    private static final int SHORT_READ_BYTES = 4 * 1024;

    private enum State {
        READING,
        /** The session is full; nothing is read until it has room. */
        FULL,
        /** The connection's turn is over; nothing is read until it has another. */
        PAUSED,
        /**
         * Its turn took too long, or TLS has more input than is read at once. Everything read has been handled, and
         * nothing is read until it has another turn.
         */
        RESTING,
        /** The node drains; nothing is read, and the client goes once all requests so far are answered. */
        LEAVING,
        /** The client's bytes are no longer meaningful; they are read and dropped. */
        DEAF
    }

    private final Connection connection; // leads to Connections too: one more field would take 8 bytes per connection
    private final StreamConnection stream;

    private @Nullable FrameReader reader; // null between messages
    private byte @Nullable [] unread; // the bytes that had been read when the session was full, or the turn was over
    private int unreadFrom; // the first of them that has not been handled; -1 while all are
    private int selection; // of the thread, when TLS was read last; 0 if there is none
    private long arrivalNanos; // theoretically; see RequestRate
    private State state = State.READING;

    Inbound(Connection connection, StreamConnection stream, long nowNanos) {
        this.connection = connection;
        this.stream = stream;
        this.arrivalNanos = nowNanos;
    }

    /** Starts to read. */
    void start() {
        ConduitStreamSourceChannel source = stream.getSourceChannel();
        source.setReadListener(this);
        source.resumeReads();
        handleEvent(source); // the first frame may have arrived with the handshake
    }

    // ---- Bytes

    /** Reads the bytes of the socket, if it may be read; true if there were any. */
    boolean hears() {
        long before = connection.deadlines.receivedNanos();
        handleEvent(stream.getSourceChannel());
        return connection.deadlines.receivedNanos() != before;
    }

    /** The socket has bytes to read. */
    @Override
    public void handleEvent(ConduitStreamSourceChannel source) {
        read(source, isRepeated() ? 1 : MAX_READS);
    }

    /**
     * True if the thread has not selected since the connection was read. Undertow adds a task for each read of TLS,
     * which reports the socket again, and XNIO does not select while there are tasks: connections that send without end
     * would be read for as long as they send.
     */
    private boolean isRepeated() {
        return stream instanceof SslConnection && selection != 0 && selection == IoThreads.selections();
    }

    private void read(ConduitStreamSourceChannel source, int maxReads) {
        byte[] input = connection.thread.input();
        boolean secure = stream instanceof SslConnection;
        boolean more = false;
        Turn turn = connection.thread.turn();
        turn.begin(connection.connections.time().nanos());
        if (secure) {
            selection = IoThreads.selections();
        }
        connection.beginInput();
        try {
            for (int i = 0; !connection.isClosed() && isReading(); i++) {
                if (i == maxReads) {
                    more = secure; // which no selector may report
                    break;
                }
                int most = isShort() ? SHORT_READ_BYTES : input.length;
                int count = source.read(connection.thread.inputBuffer().limit(most));
                if (count < 0) {
                    connection.cut();
                    break;
                }
                if (count == 0) {
                    break;
                }
                connection.connections.metrics().addBytesIn(count);
                connection.deadlines.onReceived(connection.connections.time().nanos());
                onBytes(input, 0, count);
                if (count < most && !secure) {
                    break; // the socket is empty
                }
            }
        } catch (IOException e) {
            connection.cut();
        } catch (RuntimeException e) {
            connection.onBug(e);
        } catch (Error e) {
            throw Fatal.end(e);
        } finally {
            connection.endInput(false);
        }
        connection.flush();
        if (more || turn.isLong()) {
            rest();
        }
    }

    private boolean isShort() {
        return connection.connections.inputShare(true) < 2L * connection.thread.input().length;
    }

    /** Continues reading in the connection's next turn, because TLS may hold bytes that no selector reports. */
    private void readAgain() {
        if (stream instanceof SslConnection) {
            IoThreads.executeInTurn(() -> handleEvent(stream.getSourceChannel()));
        }
    }

    private void onBytes(byte[] bytes, int from, int to) {
        if (state == State.DEAF) {
            return; // but they must be read: closing a socket with unread bytes destroys the close frame on its way
        }
        FrameReader frames = reader != null ? reader : connection.thread.takeReader();
        reader = frames;
        try {
            int stopped = frames.read(bytes, from, to, this);
            while (stopped < to && mayReadOn() && !pause(bytes, to - stopped)) {
                connection
                        .thread
                        .turn()
                        .begin(connection.connections.time().nanos()); // there is no memory for the read bytes
                stopped = frames.read(bytes, stopped, to, this);
            }
            if (stopped < to && !isReading()) {
                keepUnread(bytes, stopped, to);
            }
            if (frames.isIdle()) {
                frames.free(this);
                reader = null;
                connection.thread.giveReader(frames);
            } else if (reader == frames) {
                frames.keep(this);
            } else {
                frames.free(this); // the connection has ended
            }
        } catch (FrameException e) {
            state = State.DEAF;
            reader = null;
            frames.free(this);
            connection.close(e.code(), String.valueOf(e.getMessage()));
        }
    }

    /** True if only the turn is over. */
    private boolean mayReadOn() {
        return connection.isOpen() && !connection.session.isFull();
    }

    /**
     * Stops reading until the next turn, if the last {@code count} bytes that have been read can be kept until then;
     * false if they cannot.
     */
    private boolean pause(byte[] bytes, int count) {
        if (!isKept(bytes) && connection.connections.inputShare(connection.session.identity() != null) < count) {
            return false;
        }
        if (state == State.READING) {
            stopReading(State.PAUSED);
        }
        IoThreads.executeInTurn(Fatal.guarded(this::goOn));
        return true;
    }

    /**
     * Reads nothing more until the next turn. All such turns together have little time, so many connections with
     * requests that take long, or with more input than is read at once, delay the others as little as one.
     */
    private void rest() {
        if (isReading() && !connection.isClosed()) {
            stopReading(state == State.DEAF ? State.DEAF : State.RESTING);
            IoThreads.executeInTurn(Fatal.guarded(this::goOn));
        }
    }

    private void goOn() {
        if ((state == State.RESTING || state == State.DEAF) && !connection.isClosed()) {
            resumeReads();
            read(stream.getSourceChannel(), MAX_READS);
        } else if (unread != null && !connection.session.isFull()) {
            connection.thread.turn().begin(connection.connections.time().nanos());
            handleUnread();
        }
    }

    private void keepUnread(byte[] bytes, int from, int to) throws FrameException {
        if (isKept(bytes)) {
            keepAgain(bytes, from, to);
            return;
        }
        if (!hold(0, to - from)) {
            readOn(); // the client's close is still outstanding
            throw FrameException.atCapacity();
        }
        unread = Arrays.copyOfRange(bytes, from, to);
        unreadFrom = 0;
    }

    /** Keeps the array until half of it has been handled: so all bytes are copied twice at most, and half are in use. */
    private void keepAgain(byte[] bytes, int from, int to) {
        unread = bytes;
        unreadFrom = from;
        if (to - from <= bytes.length / 2) {
            unread = Arrays.copyOfRange(bytes, from, to);
            unreadFrom = 0;
            release(bytes.length - unread.length);
        }
    }

    /** True if the bytes have been kept before, and are counted. */
    private boolean isKept(byte[] bytes) {
        return bytes != connection.thread.input();
    }

    private void dropUnread() {
        if (unread != null) {
            release(unread.length);
            unread = null;
        }
    }

    // ---- Frames

    @Override
    public boolean onMessage(byte[] bytes, int from, int to, boolean text) throws FrameException {
        if (!connection.isOpen()) {
            return true; // closed already
        }
        Deadlines deadlines = connection.deadlines;
        if (deadlines.isExpired(connection.connections.time().epochMillis())) {
            throw new FrameException(CloseCode.UNAUTHENTICATED, "token expired");
        }
        arrivalNanos = connection.connections.requestRate().take(arrivalNanos, deadlines.receivedNanos());
        Turn turn = connection.thread.turn();
        turn.onRequest(to - from);
        connection.connections.dispatcher().dispatch(connection.session, request(bytes, from, to, text));
        turn.onHandled(connection.connections.time().nanos());
        if (!connection.session.isFull()) {
            return !turn.isOver();
        }
        if (state == State.READING || isPaused()) {
            stopReading(State.FULL);
        }
        return false;
    }

    private static Request request(byte[] bytes, int from, int to, boolean text) throws FrameException {
        try {
            if (!text && !Utf8.isValid(bytes, from, to)) {
                throw new MalformedJsonException("not JSON: not UTF-8");
            }
            return RequestScanner.scan(bytes, from, to);
        } catch (MalformedJsonException e) {
            throw new FrameException(CloseCode.MALFORMED_REQUEST, "malformed request: " + e.getMessage());
        }
    }

    @Override
    public boolean acceptsDeflated() {
        return connection.outbound.deflates();
    }

    @Override
    public int maxMessageBytes() {
        return connection.session.identity() == null && connection.connections.isInputCrowded()
                ? MAX_BYTES_BEFORE_AUTH
                : Integer.MAX_VALUE;
    }

    @Override
    public boolean hold(long held, long bytes) {
        return connection.hold(held, bytes);
    }

    @Override
    public void release(long bytes) {
        connection.release(bytes);
    }

    @Override
    public boolean onPart() throws FrameException {
        arrivalNanos =
                connection.connections.requestRate().takePart(arrivalNanos, connection.deadlines.receivedNanos());
        Turn turn = connection.thread.turn();
        turn.onPart();
        return !turn.isOver() || !connection.isOpen();
    }

    @Override
    public void onPing(byte[] bytes, int from, int to) {
        if (connection.isOpen()) {
            connection.outbound.addPong(Frames.of(Opcode.PONG, bytes, from, to));
        }
    }

    @Override
    public void onClose(int code) {
        connection.onClose(code);
    }

    // ---- Pauses

    /** True if the client is read. If not, its silence means nothing. */
    boolean isReading() {
        return state == State.READING || state == State.DEAF;
    }

    private void stopReading(State why) {
        state = why;
        stream.getSourceChannel().suspendReads();
    }

    private void readOn() {
        resumeReads();
        readAgain();
    }

    private void resumeReads() {
        state = state == State.DEAF ? State.DEAF : State.READING;
        connection.deadlines.onReceived(
                connection.connections.time().nanos()); // bytes that arrived meanwhile are still unread
        stream.getSourceChannel().resumeReads();
    }

    /** The session has room, or has answered everything. */
    void onReady() {
        if (!isPaused()) {
            handleUnread();
        }
    }

    private boolean isPaused() {
        return state == State.PAUSED || state == State.RESTING;
    }

    private void handleUnread() {
        if (isReading() || !connection.isOpen()) {
            return;
        }
        byte[] rest = unread;
        if (rest != null) {
            unread = null;
            handleUnread(rest);
        }
        if (connection.isClosed() || connection.session.isFull() || unread != null) {
            return;
        }
        if (state == State.LEAVING) {
            connection.leave();
        } else {
            readOn();
        }
    }

    private void handleUnread(byte[] rest) {
        int from = unreadFrom;
        unreadFrom = -1;
        boolean nested = connection.beginInput();
        try {
            onBytes(rest, from, rest.length);
        } catch (RuntimeException e) {
            connection.onBug(e);
        } finally {
            if (unreadFrom < 0) {
                release(rest.length); // it was not kept again
            }
            connection.endInput(nested);
        }
        connection.flushLater();
    }

    // ---- The end

    /**
     * True if everything that has been read is answered; if not, {@link Connection#leave} is called again when it is.
     */
    boolean mayLeave() {
        if (unread == null && !connection.session.owesReplies()) {
            return true;
        }
        stopReading(State.LEAVING);
        return false;
    }

    /** Drops unhandled bytes, and continues reading, because the client's close is still outstanding. */
    void awaitClose() {
        dropUnread();
        if (!isReading()) {
            readOn();
        }
    }

    /** Forgets everything, for good. */
    void clear() {
        FrameReader frames = reader;
        reader = null;
        if (frames != null) {
            frames.free(this);
        }
        dropUnread();
    }
}
