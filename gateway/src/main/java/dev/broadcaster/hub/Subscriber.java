package dev.broadcaster.hub;

/** Who gets broadcasts: a connection. Called on the thread of its shard only. */
public interface Subscriber {
    /**
     * Takes the messages of one channel, to be written when {@link #onDrained} comes.
     *
     * @param base the position from which the subscription counts its {@code seq}
     * @return whether this was the first call since the last {@link #onDrained}
     */
    boolean onBroadcasts(Batch batch, long base);

    /** Everything of this drain has been handed over: write it. */
    void onDrained();

    /**
     * Takes the messages that a subscription has recovered, to be written soon. They may be many, and who reads them is
     * not slow.
     */
    void onRecovered(Batch batch, long base);
}
