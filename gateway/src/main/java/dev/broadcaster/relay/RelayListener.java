package dev.broadcaster.relay;

import dev.broadcaster.message.Message;

/** Gets what the relay delivers. One call at a time for a channel; may not block, may not throw. */
public interface RelayListener {
    /** The next message of its channel. */
    void onMessage(Message message);

    /**
     * True if the relay is to refuse a publish of this node, because too much of what was accepted is not written yet; the
     * refusal is counted then. What was accepted is delivered all the same. Any thread.
     */
    default boolean refusesPublish() {
        return false;
    }

    /**
     * More messages follow closely: nobody needs to be woken before {@link #onBatchEnd}. Only for a relay that calls
     * everything here on one thread.
     */
    default void onBatchBegin() {}

    /** For now no more messages follow. */
    default void onBatchEnd() {}

    /**
     * Messages of {@code channel} were accepted and will not come: they stood after everything that has come so far, and
     * before everything that will.
     *
     * @param count how many, at least 1; 1 where the number can't be known
     */
    void onLoss(String channel, long count);
}
