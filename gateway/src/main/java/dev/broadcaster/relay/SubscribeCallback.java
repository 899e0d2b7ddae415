package dev.broadcaster.relay;

/** Told that a channel is received now. */
@FunctionalInterface
public interface SubscribeCallback {
    void onSubscribed();
}
