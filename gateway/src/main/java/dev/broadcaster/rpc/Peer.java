package dev.broadcaster.rpc;

import dev.broadcaster.hub.Subscriber;
import dev.broadcaster.protocol.CloseCode;

/** The connection under a session. Called on its own thread only. */
public interface Peer extends Subscriber {
    /** Queues a text message, in order with everything queued before. */
    void send(byte[] json);

    /** A subscription to {@code channel} has ended: what waits of it need not be written any more. */
    void onUnsubscribed(String channel);

    /** Messages of {@code difference} bytes more, or fewer, are held for the client outside of the connection. */
    void onHeld(long difference);

    /**
     * Whether so much waits to be written that a replay would be too much; {@link Session#onRoom} tells when that is no
     * longer so.
     */
    boolean isBehind();

    /** Ends the connection; {@code reason} has at most 123 bytes. */
    void close(CloseCode code, String reason);

    /** From now on the connection may live until its identity expires. */
    void onIdentity();

    /** From now on each ping comes with a text frame, at least one per ping interval. */
    void keepAlive();

    /** Whether a request that has waited may still be handled; if not, the connection has been closed. */
    boolean mayHandle();

    /**
     * Takes {@code bytes} of the node's memory for requests that wait, which hold {@code held} of it already. Whether they
     * may; if not, nothing is taken, and the connection has to end.
     */
    boolean hold(long held, long bytes);

    /** Gives back what {@link #hold} has taken. */
    void release(long bytes);

    /** The most that requests which wait may hold now; see {@link #hold}. */
    long share();

    /** {@link Session#isFull} or {@link Session#owesReplies} has become false. */
    void onReady();

    /** A request that had waited failed in an unexpected way. */
    void onBug(RuntimeException e);
}
