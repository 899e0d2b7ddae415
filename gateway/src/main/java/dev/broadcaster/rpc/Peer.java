package dev.broadcaster.rpc;

import dev.broadcaster.hub.Subscriber;
import dev.broadcaster.protocol.CloseCode;

/** The connection of a session. Called on its own thread only. */
public interface Peer extends Subscriber {
    /** Queues a text message, after everything queued before. */
    void send(byte[] json);

    /** A subscription to {@code channel} has ended: its waiting messages need not be written any more. */
    void onUnsubscribed(String channel);

    /** The bytes that are held for the client outside of the connection have changed by {@code difference}. */
    void onHeld(long difference);

    /**
     * True if so many bytes wait to be written that a replay would be too much; {@link Session#onRoom} is called when
     * this ends.
     */
    boolean isBehind();

    /** Ends the connection; {@code reason} has at most 123 bytes. */
    void close(CloseCode code, String reason);

    /** Extends the life of the connection until its identity expires. */
    void onIdentity();

    /** From now on the connection sends a text frame with each ping, at least one per ping interval. */
    void keepAlive();

    /** True if a request that has waited may still be handled; if not, the connection has been closed. */
    boolean mayHandle();

    /**
     * Takes {@code bytes} of the node's memory for waiting requests, which already hold {@code held} of it. True if
     * they were taken; if not, the connection has to end.
     */
    boolean hold(long held, long bytes);

    /** Gives back the bytes that {@link #hold} took. */
    void release(long bytes);

    /** The largest number of bytes that waiting requests may hold now; see {@link #hold}. */
    long share();

    /** {@link Session#isFull} or {@link Session#owesReplies} has become false. */
    void onReady();

    /** A request that had waited failed with an unexpected exception. */
    void onBug(RuntimeException e);
}
