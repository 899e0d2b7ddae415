package dev.broadcaster.client;

/**
 * Loads the state that the messages of a channel change. Runs when the subscription is live for the first time, and after
 * every gap. Messages that come meanwhile are held, at most 1,000 or 4 MiB, and delivered after it. If it throws, it is
 * reported and runs again after a while.
 */
@FunctionalInterface
public interface Resync {
    /**
     * Loads the state. May block: it runs on the client's executor, beside the listeners. Its thread is interrupted when
     * the handle is closed.
     */
    void load(Why why) throws Exception;

    /**
     * Why the state is to be loaded.
     *
     * @param gap the gap, or null the first time
     */
    record Why(@org.jspecify.annotations.Nullable Gap gap) {}
}
