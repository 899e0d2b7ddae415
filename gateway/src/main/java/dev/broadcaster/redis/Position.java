package dev.broadcaster.redis;

import dev.broadcaster.message.HistoryId;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * How far a channel has come: the offset of its last message.
 *
 * @param epoch the life of the counter; null while there is none
 * @param offset of the last message; 0 without a counter, or before the first message
 */
record Position(@Nullable String epoch, long offset) {
    /** Of a channel without a counter: nobody published to it for a while. */
    static final Position NONE = new Position(null, 0);

    /** Reads the value of a counter; null bytes are a counter that is not there. */
    static Position parse(byte @Nullable [] counter) {
        if (counter == null) {
            return NONE;
        }
        String text = new String(counter, StandardCharsets.ISO_8859_1);
        int space = text.indexOf(' ');
        int end = text.indexOf(' ', space + 1); // what follows is the script's own
        long offset = space < 1 ? -1 : Envelope.number(text.substring(space + 1, end < 0 ? text.length() : end));
        return offset < 0 ? NONE : new Position(text.substring(0, space), offset);
    }

    /** The position just before {@code message}. */
    static Position before(Envelope message) {
        return new Position(message.epoch(), message.offset() - 1);
    }

    /** The offset that the next message has if it is of {@code otherEpoch}. */
    long first(String otherEpoch) {
        return isSameEpoch(otherEpoch) ? offset + 1 : 1;
    }

    /** Whether {@code other} is later in the same epoch, or in any if nothing has come yet. */
    boolean isBehind(Position other) {
        return (isStart() || isSameEpoch(other.epoch)) && offset < other.offset;
    }

    /** Whether {@code other} is this, or later in the same epoch. */
    boolean reaches(Position other) {
        return isSameEpoch(other.epoch) && offset <= other.offset;
    }

    /** True before the first message: also of another epoch, the first message leaves no hole. */
    boolean isStart() {
        return offset == 0;
    }

    /** As the id of a message; null without a counter. */
    @Nullable
    String id() {
        return epoch == null ? null : new HistoryId(epoch, offset).toString();
    }

    boolean isSameEpoch(@Nullable String other) {
        return epoch != null && epoch.equals(other);
    }

    /**
     * How many messages were accepted on the way from here to {@code now}, while nobody listened; 1 where that can't be
     * known.
     *
     * @param kept whether Redis surely kept its counters in between: the same process, or an orderly move
     */
    long lostUntil(Position now, boolean kept) {
        if (!kept) {
            // Redis may have accepted messages that nobody will ever know of.
            return Math.max(1, isSameEpoch(now.epoch) ? now.offset - offset : now.offset);
        }
        if (isSameEpoch(now.epoch)) {
            return now.offset >= offset ? now.offset - offset : 1;
        }
        return isStart() ? now.offset : Math.max(1, now.offset);
    }
}
