package dev.broadcaster.relay;

import dev.broadcaster.message.Message;

/** Gets what the relay delivers. One call at a time for a channel; may not block, may not throw. */
public interface RelayListener {
    /** The next message of its channel. */
    void onMessage(Message message);

    /**
     * Messages of {@code channel} were accepted and will not come: they stood after everything that has come so far, and
     * before everything that will.
     *
     * @param count how many, at least 1; 1 where the number can't be known
     */
    void onLoss(String channel, long count);
}
