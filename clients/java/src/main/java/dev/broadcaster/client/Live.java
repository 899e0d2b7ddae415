package dev.broadcaster.client;

import org.jspecify.annotations.Nullable;

/**
 * A subscription is live.
 *
 * @param resumed null: the first time; true: all missed messages follow; false: they do not, and a gap follows
 * @param missed the number of messages of the history that follow before {@link ChannelListener#onCaughtUp}, if the
 *     node sends it
 */
public record Live(@Nullable Boolean resumed, @Nullable Long missed) {}
