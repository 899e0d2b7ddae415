package dev.broadcaster.hub;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** The subscriptions of one channel on one shard. Owned by the shard's thread. */
final class ShardChannel {
    private static final Subscription[] NONE = {};

    final String name;
    final Route route;
    final Batch batch;
    boolean live; // the relay has confirmed the channel
    int count;
    private Subscription[] subscriptions = NONE;

    ShardChannel(String name, Route route) {
        this.name = name;
        this.route = route;
        this.batch = new Batch(name);
    }

    Subscription subscription(int i) {
        return subscriptions[i];
    }

    /** The subscriptions that still wait, with their callbacks; each callback is taken only once. */
    Map<Subscription, SubscriptionCallback> takeCallbacks() {
        Map<Subscription, SubscriptionCallback> waiting = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            SubscriptionCallback callback = subscriptions[i].takeCallback();
            if (callback != null) {
                waiting.put(subscriptions[i], callback);
            }
        }
        return waiting;
    }

    void add(Subscription subscription) {
        if (count == subscriptions.length) {
            subscriptions = Arrays.copyOf(subscriptions, Math.max(2, count * 2));
        }
        subscription.index = count;
        subscriptions[count++] = subscription;
    }

    @SuppressWarnings("NullAway") // the slots beyond count are null and never read
    void remove(Subscription subscription) {
        Subscription last = subscriptions[--count];
        subscriptions[subscription.index] = last;
        last.index = subscription.index;
        subscription.index = -1;
        subscriptions[count] = null;
    }
}
