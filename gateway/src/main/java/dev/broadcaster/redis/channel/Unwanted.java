package dev.broadcaster.redis.channel;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The channels without subscribers, in the order in which they lost the last one. They stay subscribed for 10 s,
 * because clients often return. Owned by the event loop.
 */
final class Unwanted<C> {
    private final Map<C, Long> sinceNanos = new LinkedHashMap<>();

    /** Adds a channel that has lost its last subscriber. */
    void add(C channel, long now) {
        sinceNanos.put(channel, now);
    }

    /** Removes a channel that is wanted again; true if it was here. */
    boolean remove(C channel) {
        return sinceNanos.remove(channel) != null;
    }

    /** Removes and returns the channels that have been here for long enough. */
    List<C> takeDue(long now, long lingerNanos) {
        List<C> due = new ArrayList<>(0);
        for (Iterator<Map.Entry<C, Long>> i = sinceNanos.entrySet().iterator(); i.hasNext(); ) {
            Map.Entry<C, Long> oldest = i.next();
            if (now - oldest.getValue() < lingerNanos) {
                break;
            }
            due.add(oldest.getKey());
            i.remove();
        }
        return due;
    }
}
