package dev.broadcaster.redis.link;

/** The event loop of the relay. Safe from any thread. */
public interface Loop {
    /**
     * Asks for a turn of the loop: at its end everything that was written is flushed, and the batch of deliveries has ended.
     * Does nothing if a turn is due anyway.
     */
    void wake();
}
