package dev.broadcaster.testing;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Stands where a node has its end: collects what the handlers of uncaught exceptions get. */
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

    /** Of the calling thread. */
    public static CaughtErrors onThisThread() {
        return new CaughtErrors(Thread.currentThread());
    }

    /** Of every thread that has no handler of its own, as in a node. */
    public static CaughtErrors onAllThreads() {
        return new CaughtErrors();
    }

    /** What has been caught so far; an error that passes through several guards comes once for each. */
    public List<Throwable> all() {
        return List.copyOf(all);
    }

    @Override
    public void close() {
        undo.run();
    }
}
