package dev.broadcaster.redis;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.Replayed;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client that waits for the answer to its replay. Owned by the event loop.
 *
 * @param lastSeen the message after which it wants everything; null if it named none, or what it named is no id
 * @param deadline when it is told that it can't have it
 */
record Recovery(Replay replay, @Nullable HistoryId lastSeen, ReplayCallback callback, long deadline) {
    static Recovery of(Replay replay, ReplayCallback callback, long deadline) {
        String id = replay.lastSeenId();
        return new Recovery(replay, id == null ? null : HistoryId.parse(id), callback, deadline);
    }

    /** Gives the client everything after its message. */
    void complete(List<Message> missed, @Nullable Position position) {
        callback.onReplayed(new Replayed(true, missed, id(position)));
    }

    /** Tells the client that it can't have everything after its message. */
    void refuse(@Nullable Position position) {
        callback.onReplayed(new Replayed(false, List.of(), id(position)));
    }

    private static @Nullable String id(@Nullable Position position) {
        String epoch = position == null ? null : position.epoch();
        return position == null || epoch == null ? null : new HistoryId(epoch, position.offset()).toString();
    }
}
