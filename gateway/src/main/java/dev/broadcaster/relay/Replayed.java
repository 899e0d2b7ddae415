package dev.broadcaster.relay;

import dev.broadcaster.message.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a {@link Replay}.
 *
 * @param complete true if a last seen id was given and {@code messages} are all messages that were accepted after it
 * @param messages oldest first, without a gap; the last one is the last message that the listener received
 * @param position the id of the last message that was accepted before the listener's next one, {@code <epoch>-0} if
 *     there was none; null exactly when the channel keeps no history
 */
public record Replayed(
        boolean complete, List<Message> messages, @Nullable String position) {
    /** The answer for a channel without a history. */
    public static final Replayed NO_HISTORY = new Replayed(false, List.of(), null);
}
