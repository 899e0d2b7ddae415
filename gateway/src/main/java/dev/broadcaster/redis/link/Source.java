package dev.broadcaster.redis.link;

import dev.broadcaster.redis.wire.Envelope;
import java.util.List;

/**
 * One Redis as the channels see it. A command is written at once, flushed at the end of the turn, and answered on the event
 * loop. Answers and pushes come in one order: an answer is younger than every push before it, and older than every push
 * after it. No answer comes when the connection ends; {@link Listener#onLost} comes instead. Owned by the event loop.
 */
public interface Source {
    /** Gets what the sources push. Called on the event loop. */
    interface Listener {
        /** A message was pushed for a topic. */
        void onMessage(Source from, String topic, Envelope envelope);

        /** Something that is not an envelope of this version was pushed for a topic. */
        void onForeign(Source from, String topic, byte[] bytes);

        /** Redis has confirmed the subscription to a topic. */
        void onSubscribed(Source from, String topic);

        /** Redis has ended the subscription to a topic: because the slot has moved, or because this node has unsubscribed. */
        void onUnsubscribed(Source from, String topic);

        /** A source has a fresh connection, or serves other partitions than before. */
        void onServing();

        /** A source has lost its connection, and with it all subscriptions and answers. */
        void onLost(Source source);
    }

    /**
     * Subscribes to the channels, then reads their counters. Each channel is told {@link SubscribedChannel#onCounter} or
     * {@link SubscribedChannel#onRefused} once.
     */
    void subscribe(List<? extends SubscribedChannel> channels);

    /** Reads the counter of a subscribed channel again; the channel is told as by {@link #subscribe}. */
    void readCounter(SubscribedChannel channel);

    /**
     * Reads the next page of a history. The channel is told once, if it wants the reading when the answer comes.
     *
     * @param first the first offset of the page
     */
    void readHistory(SubscribedChannel channel, HistoryReading reading, long first);

    /** Ends subscriptions; the end is not confirmed to the channels. */
    void unsubscribe(List<? extends SubscribedChannel> channels);

    /** True if Redis answers a probe late, or did a moment ago: another server may have taken over meanwhile. */
    boolean isLate(long now);
}
