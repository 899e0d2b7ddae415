package dev.broadcaster.redis.channel;

import dev.broadcaster.relay.SubscribeCallback;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The subscribes that wait until their channel is live. Each callback is called once. Owned by the event loop. */
final class Waiters {
    private record Waiter(SubscribeCallback callback, long deadline) {}

    private final Map<String, List<Waiter>> waiting = new LinkedHashMap<>(); // by channel; no list is empty

    void add(String channel, SubscribeCallback callback, long deadline) {
        waiting.computeIfAbsent(channel, name -> new ArrayList<>(1)).add(new Waiter(callback, deadline));
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** The channel is live. */
    void confirm(String channel) {
        List<Waiter> confirmed = waiting.remove(channel);
        if (confirmed != null) {
            confirmed.forEach(waiter -> waiter.callback.onSubscribed());
        }
    }

    /** The subscribes of the channel were taken back: no callback is called. */
    void forget(String channel) {
        waiting.remove(channel);
    }

    /** Fails the subscribes whose deadline has passed. */
    void expire(long now, String reason) {
        List<Waiter> expired = new ArrayList<>();
        waiting.values().removeIf(waiters -> {
            waiters.removeIf(waiter -> now - waiter.deadline >= 0 && expired.add(waiter));
            return waiters.isEmpty();
        });
        expired.forEach(waiter -> waiter.callback.onFailed(reason));
    }
}
