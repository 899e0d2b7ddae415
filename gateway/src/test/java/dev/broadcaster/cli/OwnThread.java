package dev.broadcaster.cli;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Runs blocking tasks on a separate thread: the common pool of a machine with two processors has one thread, and since
 * JDK 25 futures use it even then, so that a task that waits for the next one would wait for ever.
 */
final class OwnThread {
    private OwnThread() {}

    static <T> CompletableFuture<T> supply(Supplier<T> task) {
        return CompletableFuture.supplyAsync(task, run -> {
            Thread thread = new Thread(run, "own-thread");
            thread.setDaemon(true);
            thread.start();
        });
    }
}
