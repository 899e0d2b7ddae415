package dev.broadcaster.relay;

import dev.broadcaster.message.Publication;
import org.jspecify.annotations.Nullable;

/**
 * Carries messages to every node that subscribed to their channel, in one order for all. One contract test holds for all
 * implementations.
 *
 * <p>What it promises: each message reaches the listener at most once; messages of a channel come one after the other, in
 * the same order on every node, those of one publisher in the order of its calls; what is accepted after
 * {@link SubscribeCallback#onSubscribed} is delivered or reported as lost. What it can't promise: exactly once, or an
 * order between channels. All methods are safe from any thread and never block.
 */
public interface Relay extends AutoCloseable {
    /** Takes the listener that gets everything from now on. Called once, before anything else. */
    void start(RelayListener listener);

    /** Publishes; {@code callback} is called exactly once, on any thread, possibly before this method returns. */
    void publish(Publication publication, PublishCallback callback);

    /**
     * Makes this node receive {@code channel}, once more: the channel is received until {@link #unsubscribe} has been
     * called as often. {@code callback} is called once, on any thread, possibly before this method returns, and not if
     * the subscribe was taken back before; one that is on its way while it is taken back may still come.
     */
    void subscribe(String channel, SubscribeCallback callback);

    /** Takes one {@link #subscribe} of {@code channel} back. */
    void unsubscribe(String channel);

    /**
     * Replays a part of the past of a channel that this node receives, and tells its position. The subscribe must have been
     * confirmed, and not been taken back. Where the channel has no counter, one is created, so that a position is as good
     * as the id of a message.
     *
     * @param callback called once, between two calls of the listener for this channel: the next message that the listener
     *     gets follows the replay
     */
    void replay(String channel, Replay replay, ReplayCallback callback);

    /**
     * Reads the history of any channel.
     *
     * @param afterId the id after which to begin, as a client sent it; null for the oldest message that is kept
     * @param limit of the messages, at least 1; there may be fewer although more follow
     * @param callback called once, on any thread, possibly before this method returns
     */
    void history(String channel, @Nullable String afterId, int limit, HistoryCallback callback);

    /**
     * True if every message was accepted on this node, after {@link RelayListener#refusesPublish} was asked: then what is
     * delivered is bounded, and the listener need not drop anything.
     */
    default boolean acceptsHereOnly() {
        return false;
    }

    /** Why the relay can't be trusted to deliver right now, for an operator; null while it can. */
    @Nullable
    String trouble();

    /** Ends the relay: every publish is answered, also one that comes at the same time. */
    @Override
    void close();
}
