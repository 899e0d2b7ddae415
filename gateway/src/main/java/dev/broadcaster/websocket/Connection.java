package dev.broadcaster.websocket;

import dev.broadcaster.auth.Identity;
import dev.broadcaster.hub.Batch;
import dev.broadcaster.hub.Shard;
import dev.broadcaster.protocol.CloseCode;
import dev.broadcaster.protocol.MalformedJsonException;
import dev.broadcaster.protocol.Request;
import dev.broadcaster.protocol.RequestScanner;
import dev.broadcaster.protocol.Utf8;
import dev.broadcaster.rpc.Peer;
import dev.broadcaster.rpc.Session;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.ChannelListener;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.conduits.ConduitStreamSourceChannel;
import org.xnio.ssl.SslConnection;

/**
 * One client's connection, from the upgrade to the last byte. It belongs to its I/O thread, and everything here runs on
 * it, {@link #onExpired} aside. While nothing happens it holds no buffer and no reader; its timer is itself.
 *
 * <p>It is open until a close frame has been queued, then closing until the client has closed too or five seconds have
 * passed, then closed. Only while it is open does it have subscriptions.
 */
final class Connection extends TimingWheel.Timer
        implements Peer, FrameHandler, ChannelListener<ConduitStreamSourceChannel> {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    /** How long a client may take to answer a close frame. */
    private static final long CLOSE_TIMEOUT_NANOS = 5_000_000_000L;
    /** How often one connection may read before it is another's turn. */
    private static final int MAX_READS = 4;
    /** For {@link #cut}: the end was counted when the close frame was queued. */
    private static final int COUNTED = 0;

    private static final byte[] PING = Frames.of(Opcode.PING, new byte[0], 0, 0);

    private enum State {
        OPEN,
        CLOSING,
        CLOSED
    }

    private final Connections connections;
    private final IoThread thread;
    private final ConnectionList list;
    private final StreamConnection stream;
    private final Shard shard;
    private final Session session;
    private final Deadlines deadlines;
    private final Outbound outbound;
    private final boolean admitted; // not refused because the node is full
    private State state = State.OPEN;
    private boolean leaving; // once all requests so far are answered; nothing is read meanwhile
    private boolean closedByClient; // nothing is left to wait for once all is written
    private boolean touched; // by this drain
    private boolean inRead; // writes are put off to the end of the event
    private boolean deaf; // the client's bytes have lost their meaning; they are read and dropped

    private @Nullable FrameReader reader; // null between messages
    private @Nullable Request waiting; // a request that may not be handled yet; nothing is read meanwhile
    private byte @Nullable [] unread; // what had been read behind it
    private long arrivalNanos; // theoretically; see RequestRate

    @Nullable
    Connection next; // in the list

    @Nullable
    Connection previous;

    Connection(
            Connections connections,
            StreamConnection stream,
            IoThread thread,
            Shard shard,
            ConnectionList list,
            boolean admitted,
            boolean deflates) {
        this.admitted = admitted;
        this.connections = connections;
        this.thread = thread;
        this.list = list;
        this.stream = stream;
        this.shard = shard;
        this.session = new Session(shard, this);
        this.deadlines = new Deadlines(connections.time().nanos());
        this.arrivalNanos = connections.time().nanos();
        this.outbound = new Outbound(this, stream, thread, connections.metrics(), deflates);
    }

    /** Begins to read. */
    void start() {
        ConduitStreamSourceChannel source = stream.getSourceChannel();
        source.setReadListener(this);
        source.resumeReads();
        if (state == State.OPEN) {
            scheduleTimer();
        }
        handleEvent(source); // the first frame may have come with the handshake
    }

    // ---- Reading

    /** The socket has something to read. */
    @Override
    public void handleEvent(ConduitStreamSourceChannel source) {
        inRead = true;
        try {
            read(source);
        } catch (IOException e) {
            cut(CloseCode.ABNORMAL);
        } catch (RuntimeException e) {
            onBug(e);
        } finally {
            inRead = false;
        }
        flush();
    }

    private void read(ConduitStreamSourceChannel source) throws IOException {
        byte[] input = thread.input();
        boolean secure = stream instanceof SslConnection;
        for (int i = 0; state != State.CLOSED && waiting == null && !leaving; i++) {
            if (i == MAX_READS) {
                source.wakeupReads(); // TLS may hold bytes that no selector knows of
                return;
            }
            int count = source.read(ByteBuffer.wrap(input));
            if (count < 0) {
                cut(state == State.OPEN ? CloseCode.ABNORMAL : COUNTED);
                return;
            }
            if (count == 0) {
                return;
            }
            connections.metrics().addBytesIn(count);
            deadlines.onReceived(time().nanos());
            onBytes(input, 0, count);
            if (count < input.length && !secure) {
                return; // the socket is empty
            }
        }
    }

    private void onBytes(byte[] bytes, int from, int to) {
        if (deaf) {
            return; // but read they must be: closing a socket with unread bytes destroys the close frame on its way
        }
        FrameReader frames = reader != null ? reader : thread.takeReader();
        reader = frames;
        try {
            int stopped = frames.read(bytes, from, to, this);
            if (stopped < to && waiting != null) {
                unread = Arrays.copyOfRange(bytes, stopped, to);
            }
        } catch (FrameException e) {
            deaf = true;
            reader = null;
            end(e.code().number(), String.valueOf(e.getMessage()));
            return;
        }
        if (frames.isIdle()) {
            reader = null;
            thread.giveReader(frames);
        }
    }

    @Override
    public boolean onMessage(byte[] bytes, int from, int to, boolean text) throws FrameException {
        if (state != State.OPEN) {
            return true; // said good-bye already
        }
        if (deadlines.isExpired(time().epochMillis())) {
            throw new FrameException(CloseCode.UNAUTHENTICATED, "token expired");
        }
        arrivalNanos = connections.requestRate().take(arrivalNanos, deadlines.receivedNanos());
        Request request = request(bytes, from, to, text);
        if (session.mustWait(request)) {
            waiting = request;
            stream.getSourceChannel().suspendReads();
            return false;
        }
        connections.dispatcher().dispatch(session, request);
        return true;
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

    /** The request that waits can be handled, and what was read behind it; or there is none, and the client can go. */
    @Override
    public void onReady() {
        Request request = waiting;
        if (state != State.OPEN) {
            return;
        }
        if (request == null) {
            if (leaving) {
                leave();
            }
            return;
        }
        boolean nested = inRead;
        inRead = true;
        try {
            waiting = null;
            connections.dispatcher().dispatch(session, request);
            byte[] rest = unread;
            unread = null;
            if (rest != null) {
                onBytes(rest, 0, rest.length);
            }
        } catch (RuntimeException e) {
            onBug(e);
        } finally {
            inRead = nested;
        }
        if (waiting == null && leaving) {
            leave();
        } else if (waiting == null && state != State.CLOSED) {
            stream.getSourceChannel().resumeReads();
            stream.getSourceChannel().wakeupReads(); // TLS may hold bytes that no selector knows of
        }
        flushLater();
    }

    @Override
    public boolean acceptsDeflated() {
        return outbound.deflates();
    }

    @Override
    public void onPing(byte[] bytes, int from, int to) {
        if (state == State.OPEN) {
            outbound.add(Frames.of(Opcode.PONG, bytes, from, to));
        }
    }

    @Override
    public void onPong() {
        // that it came is all there is to it
    }

    @Override
    public void onClose(int code) {
        if (state == State.CLOSING) {
            cut(COUNTED); // the answer to ours
            return;
        }
        closedByClient = true;
        if (code == FrameReader.NO_CODE || code == CloseCode.NORMAL.number()) {
            end(CloseCode.NORMAL.number(), "normal");
        } else {
            end(code, "closed by the client");
        }
    }

    // ---- Writing

    @Override
    public void send(byte[] json) {
        if (state == State.OPEN) {
            outbound.add(Frames.of(Opcode.TEXT, json, 0, json.length));
            flushLater();
        }
    }

    @Override
    public boolean onBroadcasts(Batch batch, long base) {
        if (state != State.OPEN) {
            return false;
        }
        if (deadlines.isExpired(batch.epochMillis())) {
            close(CloseCode.UNAUTHENTICATED, "token expired");
            return false;
        }
        outbound.add(batch, base);
        boolean first = !touched;
        touched = true;
        return first;
    }

    @Override
    public void onRecovered(Batch batch, long base) {
        if (state == State.OPEN) {
            outbound.addRecovered(batch, base);
            flushLater();
        }
    }

    @Override
    public void onDrained() {
        touched = false;
        flush();
    }

    /** Writes at the end of what is going on, a read or a drain; at once if nothing is. */
    private void flushLater() {
        if (inRead || touched) {
            return;
        }
        touched = shard.touch(this);
        if (!touched) {
            flush();
        }
    }

    /** Writes what there is, and looks whether too much is left. */
    void flush() {
        if (state == State.CLOSED) {
            return;
        }
        try {
            boolean all = outbound.write();
            long limit = connections.config().maxPendingBytes();
            if (state == State.OPEN && limit > 0 && outbound.pendingBytes() > limit + outbound.recoveredBytes()) {
                outbound.dropPending();
                close(CloseCode.SLOW_CONSUMER, "slow consumer");
            } else if (state == State.CLOSING && all) {
                onAllWritten();
            }
        } catch (IOException e) {
            cut(state == State.OPEN ? CloseCode.ABNORMAL : COUNTED);
        }
    }

    private void onAllWritten() throws IOException {
        if (closedByClient) {
            cut(COUNTED);
        } else {
            outbound.end();
        }
    }

    // ---- Deadlines

    @Override
    public void onIdentity() {
        Identity identity = session.identity();
        if (identity != null && state == State.OPEN) {
            deadlines.onIdentity(identity.expiresAtMillis());
            scheduleTimer();
        }
    }

    /** On the timer's thread. */
    @Override
    protected void onExpired() {
        thread.execute(this::onDeadline);
    }

    private void onDeadline() {
        if (state == State.CLOSED) {
            return;
        }
        if (state == State.CLOSING) {
            cut(COUNTED);
            return;
        }
        Deadlines.Due due = deadlines.due(connections.config(), time().nanos(), time().epochMillis());
        switch (due) {
            case AUTHENTICATION -> close(CloseCode.UNAUTHENTICATED, "not authenticated in time");
            case EXPIRY -> close(CloseCode.UNAUTHENTICATED, "token expired");
            case IDLE -> close(CloseCode.IDLE, "nothing received for too long");
            case PONG -> close(CloseCode.IDLE, "ping not answered");
            case PING -> {
                outbound.add(PING);
                scheduleTimer();
                flush();
            }
            case NOTHING -> scheduleTimer();
        }
    }

    private void scheduleTimer() {
        long delay = deadlines.delayNanos(connections.config(), time().nanos(), time().epochMillis());
        connections.wheel().schedule(this, delay);
    }

    // ---- The end

    @Override
    public void close(CloseCode code, String reason) {
        end(code.number(), reason);
    }

    /** Sends the client to another node, once everything that has been read from it is answered. */
    void leave() {
        if (state != State.OPEN) {
            return;
        }
        if (waiting == null && !session.owesReplies()) {
            close(CloseCode.GOING_AWAY, "node is draining");
            return;
        }
        leaving = true;
        stream.getSourceChannel().suspendReads();
    }

    /** Says good-bye: the close frame, and what was queued before it, is all that is still written. */
    private void end(int code, String reason) {
        if (state != State.OPEN) {
            return;
        }
        endSession(code);
        state = State.CLOSING;
        outbound.add(Frames.close(code, reason));
        connections.wheel().schedule(this, CLOSE_TIMEOUT_NANOS);
        if (waiting != null || leaving) {
            waiting = null;
            unread = null;
            leaving = false;
            stream.getSourceChannel().resumeReads(); // to see the client's close
        }
        flushLater();
    }

    /** Ends the connection at once; {@code code} is counted if none has been. */
    private void cut(int code) {
        if (state == State.CLOSED) {
            return;
        }
        if (state == State.OPEN) {
            endSession(code);
        }
        state = State.CLOSED;
        connections.wheel().cancel(this);
        outbound.clear();
        reader = null;
        waiting = null;
        unread = null;
        connections.onClosed(admitted); // first: whoever sees the end may come back at once, to this place
        IoUtils.safeClose(stream);
    }

    private void endSession(int code) {
        list.remove(this);
        session.close();
        connections.metrics().countClose(code);
        LOG.debug("connection closed: code {}", code);
    }

    private void onBug(RuntimeException e) {
        LOG.error("a connection failed", e);
        close(CloseCode.INTERNAL_ERROR, "internal error");
    }

    private Time time() {
        return connections.time();
    }
}
