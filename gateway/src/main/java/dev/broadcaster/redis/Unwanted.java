package dev.broadcaster.redis;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The channels that nobody wants any more, in the order in which they were left. They stay subscribed for a while, as
 * clients come back. Owned by the event loop.
 */
final class Unwanted {
    /** How long they stay. */
    private static final long LINGER_NANOS = 10_000_000_000L;

    private final Map<ReceivedChannel, Long> sinceNanos = new LinkedHashMap<>();

    /** Nobody wants {@code channel} any more. It is not here yet. */
    void add(ReceivedChannel channel, long now) {
        sinceNanos.put(channel, now);
    }

    /** Somebody wants {@code channel}, which need not be here. */
    void remove(ReceivedChannel channel) {
        sinceNanos.remove(channel);
    }

    /** Takes out those that nobody has come back to in time. */
    List<ReceivedChannel> takeDue(long now) {
        List<ReceivedChannel> due = new ArrayList<>(0);
        for (Iterator<Map.Entry<ReceivedChannel, Long>> i =
                        sinceNanos.entrySet().iterator();
                i.hasNext(); ) {
            Map.Entry<ReceivedChannel, Long> oldest = i.next();
            if (now - oldest.getValue() < LINGER_NANOS) {
                break;
            }
            due.add(oldest.getKey());
            i.remove();
        }
        return due;
    }
}
