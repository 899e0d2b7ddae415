package dev.broadcaster.client;

/** A listener that was added. */
@FunctionalInterface
public interface Registration extends AutoCloseable {
    /** Removes the listener. It may be called once more if another thread is about to. */
    @Override
    void close();
}
