package dev.broadcaster.relay;

import dev.broadcaster.message.Message;
import java.util.List;

/** What became of a reading of a history. */
public sealed interface HistoryOutcome {
    /**
     * Messages one after the other, none missing.
     *
     * @param messages oldest first
     * @param more whether more follow
     */
    record Page(List<Message> messages, boolean more) implements HistoryOutcome {}

    /** The message after which to read, or one after it, is no longer kept. */
    record NotKept() implements HistoryOutcome {}

    /** The channel keeps no history. */
    record NoHistory() implements HistoryOutcome {}

    /**
     * Nobody answered.
     *
     * @param reason for the client
     */
    record Failed(String reason) implements HistoryOutcome {}
}
