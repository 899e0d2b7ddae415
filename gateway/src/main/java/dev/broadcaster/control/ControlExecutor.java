package dev.broadcaster.control;

import java.util.concurrent.Executor;

/** Runs the computations of the control API one at a time. Safe from any thread; never blocks the caller. */
public interface ControlExecutor extends Executor {
    /** Runs {@code task} when {@code nanos} have passed; other tasks may run meanwhile. */
    void executeAfter(Runnable task, long nanos);
}
