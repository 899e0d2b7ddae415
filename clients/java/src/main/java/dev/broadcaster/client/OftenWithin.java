package dev.broadcaster.client;

import java.util.ArrayDeque;

/** Detects that an event has happened often within a time. Guarded by the client's lock. */
final class OftenWithin {
    private final int times;
    private final long millis;
    private final ArrayDeque<Long> at = new ArrayDeque<>();

    OftenWithin(int times, long millis) {
        this.times = times;
        this.millis = millis;
    }

    /** It has happened now. Returns true if that was often. */
    boolean happened(long now) {
        at.add(now);
        while (at.getFirst() <= now - millis) {
            at.removeFirst();
        }
        return at.size() >= times;
    }
}
