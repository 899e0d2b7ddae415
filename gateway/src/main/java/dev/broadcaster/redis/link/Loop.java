package dev.broadcaster.redis.link;

/** The event loop of the relay. Safe from any thread. */
public interface Loop {
    /**
     * Requests a turn of the loop. At its end all written commands are flushed, and the batch of deliveries has ended.
     * Does nothing if a turn is scheduled already.
     */
    void wake();
}
