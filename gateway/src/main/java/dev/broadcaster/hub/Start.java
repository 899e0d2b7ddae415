package dev.broadcaster.hub;

import org.jspecify.annotations.Nullable;

/**
 * The start of a subscription that requested a replay.
 *
 * @param complete true if a last seen id was given and all messages that were accepted after it are replayed
 * @param replayed the number of replayed messages: they have {@code seq} 1 to this number
 * @param position the id of the last message that was accepted before the subscription went live, replayed messages
 *     included; null exactly when the channel keeps no history
 */
public record Start(
        boolean complete, int replayed, @Nullable String position) {}
