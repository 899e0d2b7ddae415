package dev.broadcaster.relay;

import dev.broadcaster.message.Message;

/** Receives the delivered messages. One call at a time per channel; may not block, may not throw. */
public interface RelayListener {
    /** The next message of its channel. */
    void onMessage(Message message);

    /**
     * True if the relay has to refuse a publish of this node, because too many bytes of accepted messages are not
     * written yet; the refusal is then counted. Accepted messages are delivered in any case. Any thread.
     */
    default boolean refusesPublish() {
        return false;
    }

    /**
     * More messages follow closely: no thread needs to wake up before {@link #onBatchEnd}. Only for a relay that makes
     * all calls of this interface on one thread.
     */
    default void onBatchBegin() {}

    /** No more messages follow for now. */
    default void onBatchEnd() {}

    /**
     * Accepted messages of {@code channel} are lost. Their place is after every message that came so far and before
     * every later one.
     *
     * @param count their number, at least 1; 1 if the number is unknown
     */
    void onLoss(String channel, long count);
}
