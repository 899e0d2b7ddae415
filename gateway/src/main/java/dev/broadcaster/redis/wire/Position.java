package dev.broadcaster.redis.wire;

import dev.broadcaster.message.HistoryId;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A position in a channel: the offset of its last message.
 *
 * @param epoch the life of the counter; null if there is no counter
 * @param offset of the last message; 0 without a counter, or before the first message
 */
public record Position(@Nullable String epoch, long offset) {
    /** The shortest time that the counter of a channel lives after a publish. */
    public static final long COUNTER_SECONDS = 3600;

    /** The position of a channel without a counter: no publish for a while. */
    public static final Position NONE = new Position(null, 0);

    /** The position in the value of a counter; null if the counter does not exist. */
    public static Position parse(byte @Nullable [] counter) {
        if (counter == null) {
            return NONE;
        }
        String text = new String(counter, StandardCharsets.ISO_8859_1);
        int space = text.indexOf(' ');
        int end = text.indexOf(' ', space + 1); // the rest is used by the script only
        long offset = space < 1 ? -1 : Envelope.number(text.substring(space + 1, end < 0 ? text.length() : end));
        return offset < 0 ? NONE : new Position(text.substring(0, space), offset);
    }

    /** The position just before {@code message}. */
    public static Position before(Envelope message) {
        return new Position(message.epoch(), message.offset() - 1);
    }

    /** The offset of the next message if it is of {@code otherEpoch}. */
    public long first(String otherEpoch) {
        return isSameEpoch(otherEpoch) ? offset + 1 : 1;
    }

    /** True if {@code other} is later in the same epoch, or in any epoch if this is a start. */
    public boolean isBehind(Position other) {
        return (isStart() || isSameEpoch(other.epoch)) && offset < other.offset;
    }

    /** True if {@code other} is this, or later in the same epoch. */
    public boolean reaches(Position other) {
        return isSameEpoch(other.epoch) && offset <= other.offset;
    }

    /** True before the first message: the first message of any epoch may follow. */
    public boolean isStart() {
        return offset == 0;
    }

    /** The position as the id of a message; null without a counter. */
    @Nullable
    public String id() {
        return epoch == null ? null : new HistoryId(epoch, offset).toString();
    }

    public boolean isSameEpoch(@Nullable String other) {
        return epoch != null && epoch.equals(other);
    }

    /** The number of messages that were certainly accepted between this and {@code now}. */
    public long acceptedUntil(Position now) {
        return isSameEpoch(now.epoch) ? Math.max(0, now.offset - offset) : now.offset;
    }

    /**
     * The number of messages that were accepted between this and {@code now}; at least 1 if it is unknown, because
     * Redis may have accepted messages and lost them.
     *
     * @param kept true if Redis certainly kept its counters in between: the same process, or an orderly move
     */
    public long lostUntil(Position now, boolean kept) {
        boolean known = kept && (isSameEpoch(now.epoch) ? offset <= now.offset : isStart());
        return known ? acceptedUntil(now) : Math.max(1, acceptedUntil(now));
    }
}
