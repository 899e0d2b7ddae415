package dev.broadcaster.websocket;

import dev.broadcaster.auth.Identity;
import dev.broadcaster.hub.Batch;
import dev.broadcaster.hub.Shard;
import dev.broadcaster.protocol.CloseCode;
import dev.broadcaster.protocol.ListedConnection;
import dev.broadcaster.rpc.Peer;
import dev.broadcaster.rpc.Session;
import dev.broadcaster.time.Fatal;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;

/**
 * One client's connection, from the upgrade to the last byte. It is owned by its I/O thread, and everything here runs
 * on it, except for {@link #onExpired}. While it is idle it holds no buffer and no reader; it is its own timer.
 *
 * <p>It is open until a close frame has been queued, then closing until the client has closed too or five seconds have
 * passed, then closed. Only while it is open does it have subscriptions.
 */
final class Connection extends TimingWheel.Timer implements Peer {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    /** The bytes that may wait for a client that has not authenticated; also if there is no other limit. */
    private static final long MAX_STRANGER_BYTES = 16 * 1024;

    private enum State {
        OPEN,
        CLOSING,
        CLOSED
    }

    final IoThread thread;
    final Session session;
    final Deadlines deadlines;
    final Outbound outbound;
    final Connections connections;
    private ConnectionList list;
    private final StreamConnection stream;
    private final Shard shard;
    private final Inbound inbound;
    private final boolean admitted; // not refused because the node is full
    private State state = State.OPEN;
    private boolean closedByClient; // nothing more to wait for when everything is written
    private boolean handlesInput; // the end of the input writes
    private boolean touched; // the end of the shard's turn writes

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
        this.inbound = new Inbound(this, stream, connections.time().nanos());
        this.outbound = new Outbound(this, stream, thread, connections.metrics(), deflates);
    }

    /** Starts to read. */
    void start() {
        assert thread.isCurrent();
        if (state == State.CLOSED) {
            return; // refused, and cut at once
        }
        if (state == State.OPEN) {
            scheduleTimer();
        }
        inbound.start();
    }

    // ---- Reading: the parts outside of Inbound

    boolean isOpen() {
        return state == State.OPEN;
    }

    boolean isClosed() {
        return state == State.CLOSED;
    }

    @Override
    public void onReady() {
        inbound.onReady();
    }

    @Override
    public boolean mayHandle() {
        if (deadlines.isExpired(connections.time().epochMillis())) {
            close(CloseCode.UNAUTHENTICATED, "token expired");
        }
        return state == State.OPEN;
    }

    @Override
    public boolean hold(long held, long bytes) {
        return state != State.CLOSED && connections.hold(held, bytes, session.identity() != null);
    }

    @Override
    public long share() {
        return connections.inputShare(true);
    }

    @Override
    public void release(long bytes) {
        connections.release(bytes);
    }

    /** Like {@link FrameHandler#onClose}. */
    void onClose(int code) {
        if (state == State.CLOSING) {
            cut(); // the answer to ours
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
        assert thread.isCurrent();
        if (state == State.OPEN) {
            outbound.add(Frames.of(Opcode.TEXT, json, 0, json.length));
            flushLater();
        }
    }

    @Override
    public boolean onBroadcasts(Batch batch, long base) {
        assert thread.isCurrent();
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
        assert thread.isCurrent();
        if (state == State.OPEN) {
            outbound.addRecovered(batch, base);
            flushLater();
        }
    }

    @Override
    public void onUnsubscribed(String channel) {
        outbound.drop(channel);
    }

    @Override
    public void onHeld(long difference) {
        output().add(difference);
    }

    @Override
    public boolean isBehind() {
        long limit = connections.config().maxPendingBytes();
        return outbound.pendingBytes() > limit / 2 && limit > 0; // the other half is for live messages
    }

    // ---- When to write: once, at the end of the current work. Only these methods decide it.

    /** Output waits for {@link #endInput}; true if it did already. */
    boolean beginInput() {
        boolean nested = handlesInput;
        handlesInput = true;
        return nested;
    }

    /** The input has been handled; the caller writes, unless it is {@code nested} in other input. */
    void endInput(boolean nested) {
        handlesInput = nested;
    }

    /** Writes at the end of the input that is being handled, else at the end of the shard's turn, else at once. */
    void flushLater() {
        if (handlesInput || touched) {
            return;
        }
        touched = shard.touch(this);
        if (!touched) {
            flush();
        }
    }

    @Override
    public void onTurnEnd() {
        touched = false;
        flush();
    }

    /** Writes the waiting output, and checks if too much is left. */
    void flush() {
        assert thread.isCurrent();
        if (state == State.CLOSED) {
            return;
        }
        boolean wasBehind = isBehind();
        try {
            boolean all = outbound.write();
            if (!all && state == State.OPEN && isTooSlow()) {
                closeTooSlow();
            } else if (!all) {
                output().relieve(thread);
            } else if (state == State.CLOSING) {
                if (closedByClient) {
                    cut();
                } else {
                    outbound.end();
                }
            }
        } catch (IOException e) {
            cut();
        }
        if (wasBehind && state == State.OPEN && !isBehind()) {
            session.onRoom();
        }
    }

    private boolean isTooSlow() {
        long limit = connections.config().maxPendingBytes();
        if (session.identity() == null) {
            limit = limit == 0 ? MAX_STRANGER_BYTES : Math.min(limit, MAX_STRANGER_BYTES);
            return outbound.pendingBytes() > limit;
        }
        // One message always fits, or a large one would close clients that read promptly.
        return limit > 0 && outbound.pendingBytes() > limit + outbound.recoveredBytes() + outbound.largestBytes();
    }

    /** True if a replay waits, or requests wait for it to be read, and the socket has taken nothing for a long time. */
    private boolean isStalled() {
        return isBehind()
                && (outbound.recoveredBytes() > 0 || session.owesReplies())
                && outbound.isStalled(Deadlines.PONG_TIMEOUT_NANOS, nowNanos());
    }

    private void closeTooSlow() {
        try {
            outbound.dropPending();
            close(CloseCode.SLOW_CONSUMER, "slow consumer");
        } catch (IOException e) {
            cut();
        }
    }

    /** Ends a connection that holds too much of the memory for all slow clients. */
    void closeForMemory() {
        if (state != State.OPEN) {
            cut(); // the rest may be a part of a large message
            return;
        }
        output().countClosed();
        closeTooSlow();
    }

    OutputBudget output() {
        return connections.output();
    }

    long nowNanos() {
        return connections.time().nanos();
    }

    // ---- Deadlines

    @Override
    public void onIdentity() {
        Identity identity = session.identity();
        if (identity != null && state == State.OPEN) {
            ConnectionList authenticated = list.authenticated();
            if (authenticated != list) {
                list.remove(this);
                authenticated.add(this);
                list = authenticated;
            }
            deadlines.onIdentity(identity.expiresAtMillis());
            scheduleTimer();
        }
    }

    @Override
    public void keepAlive() {
        deadlines.keepAlive(connections.time().nanos());
    }

    /** On the timer's thread. */
    @Override
    protected void onExpired() {
        thread.execute(Fatal.guarded(this::onDeadline));
    }

    private void onDeadline() {
        assert thread.isCurrent();
        Time time = connections.time();
        if (state != State.OPEN) {
            onCloseDeadline(time.nanos());
            return;
        }
        // Requests behind a replay may prevent the node from reading, so a stalled client cannot be detected by its
        // silence.
        if (isStalled()) {
            outbound.retry(); // the whole node may have been paused
            flush();
            if (state == State.OPEN && isStalled()) {
                closeTooSlow();
            }
        }
        if (state != State.OPEN) {
            return;
        }
        if (!inbound.isReading()) {
            deadlines.onReceived(time.nanos()); // the node itself does not read
        }
        Deadlines.Due due = deadlines.due(connections.config(), time.nanos(), time.epochMillis());
        if (due.closeCode() == CloseCode.IDLE && inbound.hears()) {
            due = Deadlines.Due.NOTHING; // a busy node had not read it
        }
        if (due == Deadlines.Due.AUTHENTICATION) {
            inbound.hears(); // a busy node may not have read the auth
            if (session.identity() != null) {
                due = Deadlines.Due.NOTHING;
            }
        }
        if (due.closeCode() != null) {
            close(due.closeCode(), due.reason());
        } else if (state == State.OPEN) {
            if (due == Deadlines.Due.PING) {
                outbound.addPing(deadlines.keepsAlive());
            }
            scheduleTimer();
            flush();
        }
    }

    /** A timer of the open connection may run after the close began; only the timer of the close cuts. */
    private void onCloseDeadline(long nowNanos) {
        if (deadlines.isCloseDue(nowNanos)) {
            inbound.hears(); // a reset because of unread bytes would destroy the close frame on its way
            cut(); // the client does not answer it
        } else if (state == State.CLOSING) {
            connections.wheel().schedule(this, deadlines.closeDelayNanos(nowNanos));
        }
    }

    private void scheduleTimer() {
        Time time = connections.time();
        long delay = deadlines.delayNanos(connections.config(), time.nanos(), time.epochMillis());
        connections.wheel().schedule(this, delay);
    }

    // ---- The end

    @Override
    public void close(CloseCode code, String reason) {
        end(code.number(), reason);
    }

    /** Describes the connection, which has authenticated. */
    ListedConnection describe(boolean withChannels) {
        Time time = connections.time();
        long openMillis = (time.nanos() - deadlines.openedNanos()) / 1_000_000L;
        return connections
                .dispatcher()
                .describe(session, connections.format(time.epochMillis() - openMillis), "websocket", withChannels);
    }

    /** Closes the connection with 1001, when everything that has been read from it is answered. */
    void leave() {
        if (state == State.OPEN && inbound.mayLeave()) {
            close(CloseCode.GOING_AWAY, "node is draining");
        }
    }

    /**
     * Ends a connection that has not authenticated, for a newer one, unless its {@code auth} has arrived and is only
     * not read yet. True if it has ended.
     */
    boolean giveWay() {
        assert thread.isCurrent();
        inbound.hears(); // also because a reset because of unread bytes would destroy the close frame on its way
        if (session.identity() != null) {
            return false;
        }
        close(CloseCode.AT_CAPACITY, "at capacity");
        flush();
        cut();
        return true;
    }

    /** Ends the connection with a close frame: only this frame and the output before it are still written. */
    private void end(int code, String reason) {
        assert thread.isCurrent();
        if (state != State.OPEN) {
            return;
        }
        endSession(code);
        state = State.CLOSING;
        outbound.add(Frames.close(code, reason));
        long now = connections.time().nanos();
        deadlines.onClosing(now);
        connections.wheel().schedule(this, deadlines.closeDelayNanos(now));
        inbound.awaitClose();
        if (connections.onClosing(session.identity() != null)) {
            flushLater();
        } else {
            flush();
            cut();
        }
    }

    /** Ends the connection at once; without a close frame, if none has been queued. */
    void cut() {
        assert thread.isCurrent();
        if (state == State.CLOSED) {
            return;
        }
        if (state == State.OPEN) {
            endSession(CloseCode.ABNORMAL);
        }
        boolean closing = state == State.CLOSING;
        state = State.CLOSED;
        connections.wheel().cancel(this);
        outbound.clear();
        inbound.clear();
        connections.onClosed(admitted, closing); // first: the client may reconnect at once to this place
        IoUtils.safeClose(stream);
    }

    private void endSession(int code) {
        list.remove(this);
        session.close();
        connections.metrics().countClose(code);
        LOG.debug("connection {} closed: code {}", session.connectionId(), code);
    }

    @Override
    public void onBug(RuntimeException e) {
        LOG.error("exception on a connection", e);
        close(CloseCode.INTERNAL_ERROR, "internal error");
    }
}
