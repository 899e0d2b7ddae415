package dev.broadcaster.relay;

import org.jspecify.annotations.Nullable;

/**
 * What a subscriber wants of the past of a channel (PROTOCOL sections 9 and 10). With neither a last seen message nor a
 * number of messages it wants the position only.
 *
 * @param lastSeenId the id of the last message that the client saw, or the position that it was given, as the client sent
 *     it; null if it sent none
 * @param last how many of the newest messages, if the recovery from {@code lastSeenId} is refused or there is none; 0 for
 *     nothing
 */
public record Replay(@Nullable String lastSeenId, int last) {
    /** The largest {@link #last}. */
    public static final int MAX_LAST = 1000;

    public Replay {
        if (last < 0 || last > MAX_LAST) {
            throw new IllegalArgumentException("last: " + last + " (expected: 0 to " + MAX_LAST + ")");
        }
    }
}
