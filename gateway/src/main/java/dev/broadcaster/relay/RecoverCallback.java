package dev.broadcaster.relay;

import dev.broadcaster.message.Message;
import java.util.List;

/** Told what became of a recovery: one of the two, once, in order with what the listener gets. May not block. */
public interface RecoverCallback {
    /**
     * Everything that came after the last seen message.
     *
     * @param missed oldest first, none missing; the last one is the last that the listener got
     */
    void onRecovered(List<Message> missed);

    /** The last seen message, or one after it, is no longer kept; or nobody could say in time. */
    void onRefused();
}
