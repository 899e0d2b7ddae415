package dev.broadcaster.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A client has changed its state.
 *
 * @param retryIn in {@code WAITING}: the time to the next attempt; else null
 * @param code after a connection or an attempt: the close code, 1006 without a close frame; else null
 * @param reason the reason of the node or the network; may be null
 * @param error in {@code STOPPED}: the reason; in {@code WAITING}: the reason why the node cannot be reached, if it is
 *     known; else null
 */
public record StateEvent(
        State state,
        @Nullable Duration retryIn,
        @Nullable Integer code,
        @Nullable String reason,
        @Nullable BroadcasterException error) {
    static StateEvent of(State state) {
        return new StateEvent(state, null, null, null, null);
    }
}
