package dev.broadcaster.client;

/**
 * What happens in a channel, in the order in which the node says it. All methods are called by the client's executor, one
 * after the other. A method that throws is reported and stops nothing.
 *
 * <p>A method may block, and may wait for a future that {@link BroadcasterClient#publish} returned. While it does, messages
 * wait; when 1,000 of them or 4 MiB wait, the socket is not read on, and after {@code MAX_PENDING_BYTES} more the node
 * closes the connection. The client then comes back and recovers, or tells a gap.
 */
public interface ChannelListener {
    /** The subscription is live. */
    default void onLive(Live live) {}

    /** A message. */
    default void onMessage(Message message) {}

    /** Messages were lost, at this place of the order. */
    default void onGap(Gap gap) {}

    /** The last message of the history was delivered: from here on they are live. */
    default void onCaughtUp() {}

    /** The node has ended the subscription. Subscribe again to have it back. */
    default void onEnded(String reason) {}

    /** The subscription was refused. Subscribe again to retry. */
    default void onFailed(BroadcasterException error) {}
}
