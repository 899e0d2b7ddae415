package dev.broadcaster.relay;

/** Told what became of a reading of a history, once. May not block. */
@FunctionalInterface
public interface HistoryCallback {
    void onOutcome(HistoryOutcome outcome);
}
