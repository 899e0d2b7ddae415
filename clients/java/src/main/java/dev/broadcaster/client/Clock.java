package dev.broadcaster.client;

/** Time and chance as the client sees them. Tests have their own. */
interface Clock {
    /** Milliseconds that never go back. */
    long millis();

    /** From 0 up to, not including, 1. */
    double random();

    /** Runs a task on a thread of the clock. */
    Cancel schedule(long millis, Runnable task);

    /** Ends what was begun. Does nothing the second time. */
    interface Cancel {
        void cancel();
    }
}
