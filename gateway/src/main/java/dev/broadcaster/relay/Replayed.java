package dev.broadcaster.relay;

import dev.broadcaster.message.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a {@link Replay}.
 *
 * @param complete true if a last seen id was given and {@code messages} are everything that was accepted after it
 * @param messages oldest first, none missing between them; the last one is the last that the listener got
 * @param position the id of the last message that was accepted before the next one that the listener gets, {@code
 *     <epoch>-0} if none was; null exactly when the channel keeps no history
 */
public record Replayed(
        boolean complete, List<Message> messages, @Nullable String position) {
    /** The answer for a channel without a history. */
    public static final Replayed NO_HISTORY = new Replayed(false, List.of(), null);
}
