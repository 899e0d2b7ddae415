package dev.broadcaster.client;

/**
 * Gets tokens, for example from the application's own server. Not called twice at a time by one client. Has 15 s; then its
 * thread is interrupted, and it is asked again after a while.
 */
@FunctionalInterface
public interface TokenProvider {
    /**
     * A token. May block: it runs on the client's executor, beside the listeners.
     *
     * @throws BroadcasterException.Unauthorized to stop the client: the user has to log in
     * @throws Exception to be asked again after a while
     */
    String token(TokenReason reason) throws Exception;
}
