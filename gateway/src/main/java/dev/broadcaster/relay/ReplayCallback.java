package dev.broadcaster.relay;

/**
 * Receives the answer to a {@link Replay}: one of the two methods is called, once, in order with the calls of the
 * listener. May not block.
 */
public interface ReplayCallback {
    /** The next message of the channel for the listener follows {@code replayed}. */
    void onReplayed(Replayed replayed);

    /**
     * The position of the channel could not be read in time.
     *
     * @param reason for the client, starts with {@code not subscribed}
     */
    void onFailed(String reason);
}
