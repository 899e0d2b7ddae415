package dev.broadcaster.relay;

/** Told what became of a publish. May not block. */
@FunctionalInterface
public interface PublishCallback {
    void onOutcome(PublishOutcome outcome);
}
