package dev.broadcaster.redis.link;

import dev.broadcaster.redis.wire.ChannelKey;
import dev.broadcaster.redis.wire.HistoryPage;
import dev.broadcaster.redis.wire.Position;
import org.jspecify.annotations.Nullable;

/** The view of a channel for its source: the values that a command needs, and the answers. Called on the event loop. */
public interface SubscribedChannel {
    ChannelKey key();

    /**
     * The counter of the channel: the position of the last message that was published before this call and has been
     * pushed. Later messages are pushed later.
     *
     * @param server the process of Redis that has answered
     */
    void onCounter(Source from, Position counter, String server);

    /** Redis has refused to subscribe, or to read the counter. */
    void onRefused(Source from);

    /** False if the channel no longer needs the reading. */
    boolean wants(HistoryReading reading);

    /** The requested page of a reading. */
    void onPage(HistoryReading reading, HistoryPage page);

    /**
     * The page cannot be read.
     *
     * @param refusal the error of Redis; null if the connection has ended
     */
    void onFailed(HistoryReading reading, @Nullable String refusal);
}
