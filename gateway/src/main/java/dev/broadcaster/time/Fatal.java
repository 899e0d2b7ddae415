package dev.broadcaster.time;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * The effect of an {@link Error} on a node: its end. Memory has run out or the code is broken, so accepted messages may
 * never be delivered although the node looks healthy. Executors, selectors and futures swallow an {@code Error}; code
 * that one of them calls passes it to this class. Safe from any thread.
 */
public final class Fatal {
    private static final int MAX_DEPTH = 16; // causes may form a cycle

    private Fatal() {}

    /**
     * Passes {@code error} to the handler of uncaught exceptions of the current thread, as if the error had ended the
     * thread. The handler of a node ends the process with exit code 1 and does not return.
     *
     * @return {@code error}, to be thrown if the process continues, which happens in tests only
     */
    public static Error end(Error error) {
        Thread current = Thread.currentThread();
        current.getUncaughtExceptionHandler().uncaughtException(current, error);
        return error;
    }

    /** Like {@link #end}, if {@code failure} or one of its causes is an {@code Error}; else does nothing. */
    public static void endIfError(@Nullable Throwable failure) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++) {
            if (cause instanceof Error error) {
                throw end(error);
            }
            cause = cause.getCause();
        }
    }

    /**
     * Runs one task of a loop. A {@code RuntimeException} is a bug of the task: it is logged, and the loop continues with
     * the next task. An {@code Error} is fatal, as in {@link #end}.
     */
    public static <T> void runTask(Consumer<? super T> task, T argument, Logger log) {
        try {
            task.accept(argument);
        } catch (RuntimeException e) {
            log.error("exception in a task", e);
        } catch (Error e) {
            throw end(e);
        }
    }

    /** Wraps {@code task} for an executor that would swallow its {@code Error}. */
    public static Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (Error e) {
                throw end(e);
            }
        };
    }
}
