package dev.broadcaster.relay;

import dev.broadcaster.message.Publication;
import org.jspecify.annotations.Nullable;

/**
 * Carries messages to every node that subscribed to their channel, in the same order on all nodes. All implementations
 * share one contract test.
 *
 * <p>Promises: each message reaches the listener at most once. The messages of a channel come one after the other, in
 * the same order on every node, and the messages of one publisher in the order of its calls. A message that is accepted
 * after {@link SubscribeCallback#onSubscribed} is delivered or reported as lost. Not promised: exactly-once delivery,
 * or an order between channels. All methods are safe from any thread and never block.
 */
public interface Relay extends AutoCloseable {
    /** Sets the listener of all messages. Called once, before any other method. */
    void start(RelayListener listener);

    /**
     * Publishes a message. {@code callback} is called exactly once, on any thread, possibly before this method returns.
     */
    void publish(Publication publication, PublishCallback callback);

    /**
     * Subscribes this node to {@code channel} once more; it stays subscribed until {@link #unsubscribe} has been called
     * as often. {@code callback} is called once, on any thread, possibly before this method returns. It is not called
     * if the subscribe was taken back before; a call that is already in progress at that moment may still arrive.
     */
    void subscribe(String channel, SubscribeCallback callback);

    /** Takes back one {@link #subscribe} of {@code channel}. */
    void unsubscribe(String channel);

    /** The heap bytes that the relay takes for a channel after its first {@link #subscribe}, approximately. */
    default long channelBytes(String channel) {
        return 0;
    }

    /**
     * Replays messages of a channel that this node is subscribed to, and returns its position. The subscribe must have
     * been confirmed and not taken back. If the channel has no counter, one is created, so that a position can be used
     * like the id of a message.
     *
     * @param callback called once, between two calls of the listener for this channel: the next message of the listener
     *     follows the replay
     */
    void replay(String channel, Replay replay, ReplayCallback callback);

    /**
     * Reads the history of any channel.
     *
     * @param afterId the id after which to start, as a client sent it; null for the oldest kept message
     * @param limit the largest number of messages, at least 1; there may be fewer although more follow
     * @param callback called once, on any thread, possibly before this method returns
     */
    void history(String channel, @Nullable String afterId, int limit, HistoryCallback callback);

    /**
     * Reads the size of the history of any channel, and its position.
     *
     * @param callback called once, on any thread, possibly before this method returns
     */
    default void extent(String channel, HistoryCallback callback) {
        callback.onOutcome(new HistoryOutcome.NoHistory());
    }

    /**
     * Deletes the history of any channel: its messages and its counter, so that later recoveries from positions before
     * are refused, on every node. Live subscriptions get every later message, without a hole.
     *
     * @param callback called once, on any thread, possibly before this method returns
     */
    default void deleteHistory(String channel, HistoryCallback callback) {
        callback.onOutcome(new HistoryOutcome.NoHistory());
    }

    /**
     * True if every message is accepted on this node, after a call of {@link RelayListener#refusesPublish}: then the
     * delivered bytes are limited, and the listener need not drop a message.
     */
    default boolean acceptsHereOnly() {
        return false;
    }

    /** The reason why the relay cannot be relied on to deliver now, for an operator; null if there is none. */
    @Nullable
    String trouble();

    /** Ends the relay: every publish is answered, also one that is made at the same time. */
    @Override
    void close();
}
