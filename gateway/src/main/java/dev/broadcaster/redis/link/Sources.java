package dev.broadcaster.redis.link;

import org.jspecify.annotations.Nullable;

/** Every Redis of the fleet as the channels see it. Owned by the event loop. */
public interface Sources {
    /** The source that serves the channels of a partition; null if none does, or none that is connected. */
    @Nullable
    Source serving(int partition);

    /** True if the server with this name serves a partition. Names are those of the histories: see {@code publish.lua}. */
    boolean isServing(String server);

    /** The reason why a partition can't be served, for an operator; null if all can. */
    @Nullable
    String trouble(long now);
}
