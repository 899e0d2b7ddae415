package dev.broadcaster.redis.link;

import dev.broadcaster.redis.wire.Envelope;
import java.util.List;

/**
 * The view of one Redis for the channels. A command is written at once, flushed at the end of the turn, and answered on
 * the event loop. Answers and pushes are in one order: an answer is newer than every push before it, and older than
 * every push after it. If the connection ends, {@link Listener#onLost} is called instead of an answer. Owned by the
 * event loop.
 */
public interface Source {
    /** Receives the pushes of the sources. Called on the event loop. */
    interface Listener {
        /** A message was pushed for a topic. */
        void onMessage(Source from, String topic, Envelope envelope);

        /** A value that is not an envelope of this version was pushed for a topic. */
        void onForeign(Source from, String topic, byte[] bytes);

        /** Redis has confirmed the subscription to a topic. */
        void onSubscribed(Source from, String topic);

        /**
         * Redis has ended the subscription to a topic, because the slot has moved, or because this node has
         * unsubscribed.
         */
        void onUnsubscribed(Source from, String topic);

        /** A source has a new connection, or serves other partitions than before. */
        void onServing();

        /** A source has lost its connection, and with it all subscriptions and answers. */
        void onLost(Source source);
    }

    /**
     * Subscribes to the channels, then reads their counters. {@link SubscribedChannel#onCounter} or
     * {@link SubscribedChannel#onRefused} is called once per channel.
     */
    void subscribe(List<? extends SubscribedChannel> channels);

    /** Reads the counter of a subscribed channel again; the channel is called as by {@link #subscribe}. */
    void readCounter(SubscribedChannel channel);

    /**
     * Reads the next page of a history. The channel is called once, if it still wants the reading when the answer
     * arrives.
     *
     * @param first the first offset of the page
     */
    void readHistory(SubscribedChannel channel, HistoryReading reading, long first);

    /** Ends subscriptions; the end is not confirmed to the channels. */
    void unsubscribe(List<? extends SubscribedChannel> channels);

    /** True if Redis answers a probe late, or did so recently: another server may have taken over meanwhile. */
    boolean isLate(long now);
}
