package dev.broadcaster.client;

/**
 * Gets tokens, for example from the application's own server. One client never calls it twice at a time. It has 15 s;
 * then its thread is interrupted, and it is called again after a while.
 */
@FunctionalInterface
public interface TokenProvider {
    /**
     * A token. May block: it runs on the client's executor, in parallel with the listeners.
     *
     * @throws BroadcasterException.Unauthorized to stop the client: the user has to log in
     * @throws Exception to be called again after a while
     */
    String token(TokenReason reason) throws Exception;
}
