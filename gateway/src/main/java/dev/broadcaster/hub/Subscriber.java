package dev.broadcaster.hub;

/** Receives broadcasts: a connection. Called on the thread of its shard only. */
public interface Subscriber {
    /**
     * Takes the messages of one channel, to be written at {@link #onTurnEnd}.
     *
     * @param base the position from which the subscription counts its {@code seq}
     * @return true if this was the first call since the last {@link #onTurnEnd}
     */
    boolean onBroadcasts(Batch batch, long base);

    /** All messages of this turn have been handed over and have to be written. */
    void onTurnEnd();

    /**
     * Takes the recovered messages of a subscription, to be written soon. They may be many; a client that reads them
     * does not count as slow.
     */
    void onRecovered(Batch batch, long base);
}
