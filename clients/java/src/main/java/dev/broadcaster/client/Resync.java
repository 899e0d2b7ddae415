package dev.broadcaster.client;

/**
 * Loads the state that the messages of a channel change. Runs when the subscription is live for the first time, and
 * after every gap. Messages that arrive meanwhile are held, at most 1,000 or 4 MiB, and delivered after it. An
 * exception is reported, and the resync runs again after a while.
 */
@FunctionalInterface
public interface Resync {
    /**
     * Loads the state. May block: it runs on the client's executor, in parallel with the listeners. Its thread is
     * interrupted when the handle is closed.
     */
    void load(Why why) throws Exception;

    /**
     * The reason for loading the state.
     *
     * @param gap the gap, or null the first time
     */
    record Why(@org.jspecify.annotations.Nullable Gap gap) {}
}
