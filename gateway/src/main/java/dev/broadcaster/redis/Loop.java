package dev.broadcaster.redis;

/** The event loop of the relay. Safe from any thread. */
interface Loop {
    /**
     * Asks for a turn of the loop: after it everything that was written is flushed, and the batch of deliveries has ended.
     * Does nothing if a turn is due anyway.
     */
    void wake();
}
