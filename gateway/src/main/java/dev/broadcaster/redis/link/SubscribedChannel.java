package dev.broadcaster.redis.link;

import dev.broadcaster.redis.wire.ChannelKey;
import dev.broadcaster.redis.wire.HistoryPage;
import dev.broadcaster.redis.wire.Position;

/** A channel as its source sees it: what a command needs to know of it, and the answers. Called on the event loop. */
public interface SubscribedChannel {
    ChannelKey key();

    /**
     * The counter of the channel: the position of the last message that was published before this call and pushed by now.
     * Later messages are pushed later.
     *
     * @param server the process of Redis that has answered
     */
    void onCounter(Source from, Position counter, String server);

    /** Redis has refused to subscribe, or to read the counter. */
    void onRefused(Source from);

    /** False if the channel has no use for the reading any more. */
    boolean wants(HistoryReading reading);

    /** The page of a reading that was asked for. */
    void onPage(HistoryReading reading, HistoryPage page);

    /** The connection has ended before the page came. */
    void onInterrupted(HistoryReading reading);

    /** Redis has refused to read the page, or has answered with something else. */
    void onUnreadable(HistoryReading reading, String reason);
}
