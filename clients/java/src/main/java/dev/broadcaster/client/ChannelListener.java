package dev.broadcaster.client;

/**
 * The events of a channel, in the order of the node. All methods are called by the client's executor, one after the
 * other. An exception of a method is reported and stops nothing.
 *
 * <p>A method may block, and may wait for a future that {@link BroadcasterClient#publish} returned. Meanwhile messages
 * wait; when 1,000 of them or 4 MiB wait, the socket is no longer read, and after {@code MAX_PENDING_BYTES} more the
 * node closes the connection. The client then reconnects and recovers, or reports a gap.
 */
public interface ChannelListener {
    /** The subscription is live. */
    default void onLive(Live live) {}

    /** A message. */
    default void onMessage(Message message) {}

    /** Messages were lost at this place in the order. */
    default void onGap(Gap gap) {}

    /** The last message of the history was delivered: later messages are live. */
    default void onCaughtUp() {}

    /** The node has ended the subscription. Subscribe again to renew it. */
    default void onEnded(String reason) {}

    /** The subscription was refused. Subscribe again to retry. */
    default void onFailed(BroadcasterException error) {}
}
