package dev.broadcaster.redis.channel;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import dev.broadcaster.redis.wire.Position;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.Replayed;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client that waits for a replay. Owned by the event loop.
 *
 * @param number a later one has a greater number
 * @param lastSeen the position after which it requests all messages; null if it has given none, or text that is not an
 *     id
 * @param deadline the latest time of the answer, in nanoseconds
 */
record Recovery(long number, Replay replay, @Nullable HistoryId lastSeen, ReplayCallback callback, long deadline) {
    /** In the place of the first offset of a reading: there was no reading. */
    static final long NOT_READ = Long.MAX_VALUE;

    static Recovery of(long number, Replay replay, ReplayCallback callback, long deadline) {
        String id = replay.lastSeenId();
        return new Recovery(number, replay, id == null ? null : HistoryId.parse(id), callback, deadline);
    }

    /** The number of newest messages that it requests if all messages after its position are not available. */
    int last() {
        return replay.last();
    }

    /** True if the position alone is the answer. */
    boolean wantsPositionOnly() {
        return lastSeen == null && replay.last() == 0;
    }

    /** The first offset that must be read for it in a channel at {@code position}. */
    long first(Position position) {
        // A message that this node does not have yet may be in flight: it arrives before the answer.
        long end = position.offset() + 1;
        long first = end - replay.last();
        if (lastSeen != null && position.isSameEpoch(lastSeen.epoch())) {
            first = Math.min(first, lastSeen.offset() + 1);
        }
        return Math.max(first, 1);
    }

    /**
     * True if no message after its position is certainly missing. False if it has no position, or one that never was.
     *
     * @param position that of the channel
     * @param size the largest number of messages that the history keeps
     * @param readFrom the first offset of the reading that has just ended; {@link #NOT_READ} if none has
     */
    boolean mayBeComplete(Position position, int size, long readFrom) {
        if (lastSeen == null) {
            return false;
        }
        boolean known = position.isSameEpoch(lastSeen.epoch());
        boolean trimmed = known && position.offset() - lastSeen.offset() > size;
        return !trimmed && (readFrom == NOT_READ || (known && lastSeen.offset() < readFrom - 1));
    }

    /** Answers with all messages after its position. */
    void complete(List<Message> missed, String position) {
        callback.onReplayed(new Replayed(true, missed, position));
    }

    /** Answers with the newest messages, or with the position only. */
    void answer(List<Message> newest, String position) {
        callback.onReplayed(new Replayed(false, newest, position));
    }

    /**
     * Answers that the history is not complete. Fails if only the history could be an answer.
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
