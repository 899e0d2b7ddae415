package dev.broadcaster.relay;

import dev.broadcaster.message.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The outcome of reading a history. */
public sealed interface HistoryOutcome {
    /**
     * Consecutive messages, without a gap.
     *
     * @param messages oldest first
     * @param more true if more messages follow
     */
    record Page(List<Message> messages, boolean more) implements HistoryOutcome {}

    /** The message after the given position, or a later one, is no longer kept. */
    record NotKept() implements HistoryOutcome {}

    /**
     * The extent of a history.
     *
     * @param size the number of kept messages
     * @param lastId the position of the channel, as an id; null if it has no counter
     */
    record Extent(long size, @Nullable String lastId) implements HistoryOutcome {}

    /** The history is deleted. */
    record Deleted() implements HistoryOutcome {}

    /** The channel keeps no history. */
    record NoHistory() implements HistoryOutcome {}

    /**
     * There was no answer.
     *
     * @param reason for the client
     */
    record Failed(String reason) implements HistoryOutcome {}
}
