package dev.broadcaster.relay;

/** Receives the outcome of a publish. May not block. */
@FunctionalInterface
public interface PublishCallback {
    void onOutcome(PublishOutcome outcome);
}
