package dev.broadcaster.client;

/** A listener that was added. */
@FunctionalInterface
public interface Registration extends AutoCloseable {
    /** Removes the listener. One more call is possible if another thread is about to make it. */
    @Override
    void close();
}
