package dev.broadcaster.redis.link;

import org.jspecify.annotations.Nullable;

/** The view of every Redis of the fleet for the channels. Owned by the event loop. */
public interface Sources {
    /** The source that serves the channels of a partition; null if none does, or none that is connected. */
    @Nullable
    Source serving(int partition);

    /**
     * True if the server with this name serves a partition. Names are those of the histories: see {@code publish.lua}.
     */
    boolean isServing(String server);

    /** The reason why a partition cannot be served, for an operator; null if all can. */
    @Nullable
    String trouble(long now);
}
