package dev.broadcaster.relay;

import org.jspecify.annotations.Nullable;

/**
 * The messages before the subscription that a subscriber requests (PROTOCOL sections 9 and 10). With neither a last
 * seen message nor a number of messages it requests the position only.
 *
 * @param lastSeenId the id of the last message that the client saw, or a position from the node, as the client sent it;
 *     null if it sent none
 * @param last the number of newest messages, if the recovery from {@code lastSeenId} is refused or there is none; 0 for
 *     none
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
