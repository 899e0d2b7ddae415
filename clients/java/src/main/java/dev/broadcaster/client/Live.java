package dev.broadcaster.client;

import org.jspecify.annotations.Nullable;

/**
 * A subscription is live.
 *
 * @param resumed null: the first time; true: everything missed follows; false: it does not, and a gap follows
 * @param missed how many messages of the history follow before {@link ChannelListener#onCaughtUp}, where the node says so
 */
public record Live(@Nullable Boolean resumed, @Nullable Long missed) {}
