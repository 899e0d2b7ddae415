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
 * @param number later ones have greater numbers
 * @param lastSeen the position after which it wants everything; null if it named none, or what it named is no id
 * @param deadline when it is answered at the latest, in nanoseconds
 */
record Recovery(long number, Replay replay, @Nullable HistoryId lastSeen, ReplayCallback callback, long deadline) {
    static Recovery of(long number, Replay replay, ReplayCallback callback, long deadline) {
        String id = replay.lastSeenId();
        return new Recovery(number, replay, id == null ? null : HistoryId.parse(id), callback, deadline);
    }

    /** How many of the newest messages it wants if it can't have everything after a message. */
    int last() {
        return replay.last();
    }

    /** True if the position alone is the answer. */
    boolean wantsPositionOnly() {
        return lastSeen == null && replay.last() == 0;
    }

    /** The first offset that has to be read for it, in a channel that stands at {@code position}. */
    long first(Position position) {
        // A message that this node has not seen may be on its way here: it will have come with the answer.
        long end = position.offset() + 1;
        long first = end - replay.last();
        if (lastSeen != null && position.isSameEpoch(lastSeen.epoch())) {
            first = Math.min(first, lastSeen.offset() + 1);
        }
        return Math.max(first, 1);
    }

    /** Answers with everything after its message. */
    void complete(List<Message> missed, String position) {
        callback.onReplayed(new Replayed(true, missed, position));
    }

    /** Answers with the newest messages, or with the position only. */
    void answer(List<Message> newest, String position) {
        callback.onReplayed(new Replayed(false, newest, position));
    }

    /**
     * The history can't be had: a recovery is refused, anything else fails, as "no messages" would be a lie.
     *
     * @param position of the channel, as an id; null if it is not known
     */
    void refuse(@Nullable String position) {
        if (position != null && (replay.lastSeenId() != null || replay.last() == 0)) {
            callback.onReplayed(new Replayed(false, List.of(), position));
        } else {
            String missing = position == null ? "position" : "history";
            callback.onFailed("not subscribed: the " + missing + " of the channel can't be read");
        }
    }
}
