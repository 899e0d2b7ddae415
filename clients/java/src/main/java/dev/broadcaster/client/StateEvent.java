package dev.broadcaster.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A client has changed its state.
 *
 * @param retryIn in {@code WAITING}: the time to the next attempt; else null
 * @param code after a connection or an attempt: the close code, 1006 where there was no close frame; else null
 * @param reason what the node or the network said; may be null
 * @param error in {@code STOPPED}: why; in {@code WAITING}: why the node cannot be reached, where that is known; else null
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
