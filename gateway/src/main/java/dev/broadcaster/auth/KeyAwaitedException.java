package dev.broadcaster.auth;

import java.util.concurrent.CompletableFuture;

/**
 * The key of a token is not here, but the server that may have it is being asked: the token is not judged yet. It has
 * to be verified again when the server has answered.
 */
public final class KeyAwaitedException extends Exception {
    private final transient CompletableFuture<Void> answered;

    KeyAwaitedException(CompletableFuture<Void> answered) {
        super("the key of the token is being fetched", null, false, false);
        this.answered = answered;
    }

    /** Runs {@code toDo} when the server has answered or failed to, on any thread; at once if it already has. */
    public void whenAnswered(Runnable toDo) {
        var unused = answered.thenRun(toDo);
    }

    /** Blocks until then. For the command line. */
    public void await() {
        answered.join();
    }
}
