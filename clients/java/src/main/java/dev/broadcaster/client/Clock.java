package dev.broadcaster.client;

/** Time and random numbers of the client. Tests replace them. */
interface Clock {
    /** Milliseconds that never decrease. */
    long millis();

    /** From 0 up to, not including, 1. */
    double random();

    /** Runs a task on a thread of the clock. */
    Cancel schedule(long millis, Runnable task);

    /** Ends a scheduled task. A second call does nothing. */
    interface Cancel {
        void cancel();
    }
}
