package dev.broadcaster.relay;

/** Told the answer to a {@link Replay}: one of the two, once, in order with the calls of the listener. May not block. */
public interface ReplayCallback {
    /** The next message of the channel that the listener gets follows {@code replayed}. */
    void onReplayed(Replayed replayed);

    /**
     * The position of the channel is not known in time.
     *
     * @param reason for the client, beginning with {@code not subscribed}
     */
    void onFailed(String reason);
}
