package dev.broadcaster.testing;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Replaces the end of a node in tests: collects the errors that reach the handlers of uncaught exceptions. */
public final class CaughtErrors implements AutoCloseable {
    private final Queue<Throwable> all = new ConcurrentLinkedQueue<>();
    private final Runnable undo;

    private CaughtErrors(Thread thread) {
        Thread.UncaughtExceptionHandler before = thread.getUncaughtExceptionHandler();
        thread.setUncaughtExceptionHandler((on, failure) -> all.add(failure));
        this.undo = () -> thread.setUncaughtExceptionHandler(before);
    }

    private CaughtErrors() {
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((on, failure) -> all.add(failure));
        this.undo = () -> Thread.setDefaultUncaughtExceptionHandler(before);
    }

    /** For the calling thread. */
    public static CaughtErrors onThisThread() {
        return new CaughtErrors(Thread.currentThread());
    }

    /** For every thread without its own handler, like in a node. */
    public static CaughtErrors onAllThreads() {
        return new CaughtErrors();
    }

    /** The errors that were caught so far; an error that passes several guards appears once for each. */
    public List<Throwable> all() {
        return List.copyOf(all);
    }

    @Override
    public void close() {
        undo.run();
    }
}
