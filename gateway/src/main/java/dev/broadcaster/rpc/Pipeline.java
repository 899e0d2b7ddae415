package dev.broadcaster.rpc;

import dev.broadcaster.protocol.CloseCode;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one connection that have been read and not answered, in the order of their arrival. It exists only
 * while there is one. Owned by the connection's thread.
 *
 * <p>Replies are sent in the order of the requests. A request begins when all earlier ones are answered, with three
 * exceptions:
 * <ul>
 * <li>A {@code publish} may follow publishes to the same channel. The relay keeps their order, so a reply that waits
 * for an earlier one never waits longer than the message: the reply comes before the publisher's own copy. Between
 * channels the relay keeps no order, so a publish to another channel waits.
 * <li>A {@code subscribe} may follow subscribes to other channels, as long as the limit of subscriptions leaves room
 * for all of them. A subscription whose reply is held back by an earlier one is not live for its client before that
 * reply: see {@link Subscribing}.
 * <li>A {@code heartbeat}, or an unknown method, may follow anything that has begun, and does not delay a later
 * subscribe.
 * </ul>
 *
 * <p>A subscribe with a replay begins, and its replay is handed over, only when at most half of
 * {@code MAX_PENDING_BYTES} waits for the client: the replays of one connection follow each other.
 *
 * <p>Every other request waits, and all requests after it wait too. So a publish begins after the earlier subscribes
 * are live (its publisher gets a copy), a subscribe begins after the earlier publishes are answered,
 * {@code unsubscribe} and {@code refresh} find every earlier subscription live or failed, and {@code auth} decides for
 * all later requests. The outcome is the same as with one request after the other.
 *
 * <p>The memory of the requests is counted. When the node's memory is nearly full, reading stops early; a connection
 * whose requests exceed their share is closed.
 */
final class Pipeline {
    /** With this number of requests it is full: the connection is not read. */
    static final int MAX_REQUESTS = 1024;

    /** The same, for the bytes of the requests. */
    static final int MAX_BYTES = 256 * 1024;

    /** The limit of the bytes of messages that are kept for subscriptions whose replies are held back. */
    static final int MAX_HELD_BYTES = 1 << 20;

    /** The heap bytes of a request without the bytes of its text: objects and other fields. */
    private static final int CALL_BYTES = 400;

    private final Session session;
    private @Nullable Call first;
    private @Nullable Call last;
    private @Nullable Call waiting; // the first that has not begun
    private int requests;
    private int bytes;
    private long taken; // of the node's memory, for the requests
    private long heldBytes;
    private boolean full;
    private boolean progressing;

    Pipeline(Session session) {
        this.session = session;
    }

    /** Adds a call that has begun, when no other call waits. */
    void addBegun(Call call) {
        append(call);
    }

    /** Adds a call, and begins it if it need not wait. */
    void add(Call call) {
        append(call);
        if (waiting == null && !session.isClosed()) {
            if (mayBegin(call)) {
                call.begin();
            } else {
                waiting = call;
            }
        }
    }

    private void append(Call call) {
        if (last == null) {
            first = call;
        } else {
            last.next = call;
        }
        last = call;
        requests++;
        bytes += call.bytes();
        take(call.bytes() + CALL_BYTES);
        full |= requests >= MAX_REQUESTS || bytes >= MAX_BYTES || isShort();
    }

    private void take(int callBytes) {
        Peer peer = session.peer();
        if (peer.hold(taken, callBytes)) {
            taken += callBytes;
        } else {
            peer.close(CloseCode.AT_CAPACITY, "at capacity");
        }
    }

    /** True if the requests hold more than half of their limit, because the node's memory is nearly full. */
    private boolean isShort() {
        return taken > session.peer().share() / 2;
    }

    private boolean mayBegin(Call call) {
        Call earlier = first;
        return (earlier == null || earlier == call || call.mayFollow(earlier)) && !call.needsRoom();
    }

    /** True if {@code call} is the oldest: its reply can be sent. */
    boolean isFirst(Call call) {
        return first == call;
    }

    /** True from the moment it is full until half of it is answered, so that reading stops and starts rarely. */
    boolean isFull() {
        return full;
    }

    /** Reserves bytes for messages of a subscription whose reply is held back; false if there is no room. */
    boolean hold(long messageBytes) {
        if (heldBytes + messageBytes > MAX_HELD_BYTES) {
            return false;
        }
        heldBytes += messageBytes;
        session.peer().onHeld(messageBytes);
        return true;
    }

    void release(long messageBytes) {
        heldBytes -= messageBytes;
        session.peer().onHeld(-messageBytes);
    }

    /** Drops all requests, for good. */
    void close() {
        release(heldBytes);
        session.peer().release(taken);
        taken = 0;
    }

    /** {@code call} has its reply, or has to continue when it is the oldest. */
    void onReady(Call call) {
        if (first == call) {
            if (call.isAnswered()) {
                sendFirst(call); // at once, because the caller may send more after it
            }
            progress();
        }
    }

    private void sendFirst(Call call) {
        first = call.next;
        if (first == null) {
            last = null;
        }
        requests--;
        bytes -= call.bytes();
        int callBytes = call.bytes() + CALL_BYTES;
        taken -= callBytes;
        session.peer().release(callBytes);
        session.send(call);
    }

    /**
     * Sends the replies at the head, and begins the requests that may begin. Must not be called from within itself; the
     * loop continues instead.
     */
    void progress() {
        if (progressing) {
            return;
        }
        progressing = true;
        try {
            boolean more = true;
            while (more && !session.isClosed()) {
                more = step();
            }
        } catch (RuntimeException e) {
            session.peer().onBug(e);
        } finally {
            progressing = false;
        }
        if (session.isClosed()) {
            return;
        }
        if (first == null) {
            session.onAnswered();
        } else if (full && requests <= MAX_REQUESTS / 2 && bytes <= MAX_BYTES / 2 && !isShort()) {
            full = false;
            session.peer().onReady();
        }
    }

    private boolean step() {
        Call oldest = first;
        if (oldest == null) {
            return false;
        }
        if (oldest.isAnswered()) {
            sendFirst(oldest);
            return true;
        }
        Runnable action = oldest.needsRoom() ? null : oldest.takeAction();
        if (action != null) {
            action.run();
            return true;
        }
        Call next = waiting;
        if (next == null || !mayBegin(next) || !session.peer().mayHandle()) {
            return false;
        }
        waiting = next.next;
        next.begin();
        return true;
    }
}
