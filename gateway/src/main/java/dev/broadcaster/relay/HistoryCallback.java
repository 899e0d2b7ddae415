package dev.broadcaster.relay;

/** Receives the outcome of reading a history, once. May not block. */
@FunctionalInterface
public interface HistoryCallback {
    void onOutcome(HistoryOutcome outcome);
}
