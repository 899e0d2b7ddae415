package dev.broadcaster.relay;

import dev.broadcaster.message.Message;

/** Gets what the relay delivers. One call at a time for a channel; may not block, may not throw. */
public interface RelayListener {
    /** The next message of its channel. */
    void onMessage(Message message);
}
