package dev.broadcaster.hub;

import org.jspecify.annotations.Nullable;

/**
 * Where a subscription that asked for a replay starts.
 *
 * @param complete true if a last seen id was given and everything that was accepted after it is replayed
 * @param replayed how many messages are replayed: they have {@code seq} 1 to this number
 * @param position the id of the last message that was accepted before the subscription went live, replayed messages
 *     included; null exactly when the channel keeps no history
 */
public record Start(
        boolean complete, int replayed, @Nullable String position) {}
