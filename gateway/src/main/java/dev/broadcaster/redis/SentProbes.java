package dev.broadcaster.redis;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;

/** The probes of a link that are on their way, and when each went out. Owned by the event loop. */
final class SentProbes {
    /** More than go out before a link is given up. */
    private static final int MAX_SENT = 16;

    private record Sent(String id, long nanos) {}

    private final Deque<Sent> sent = new ArrayDeque<>(); // oldest first

    /** A probe goes out. */
    void add(String id, long now) {
        if (sent.size() >= MAX_SENT) {
            sent.remove();
        }
        sent.add(new Sent(id, now));
    }

    /** A probe has come back: when it had gone out; empty if it is none of these. Those before it are forgotten. */
    OptionalLong take(String id) {
        if (sent.stream().noneMatch(probe -> probe.id.equals(id))) {
            return OptionalLong.empty();
        }
        Sent probe = sent.remove();
        while (!probe.id.equals(id)) {
            probe = sent.remove();
        }
        return OptionalLong.of(probe.nanos);
    }

    /** When the oldest went out that has not come back; {@code now} if there is none. */
    long oldest(long now) {
        Sent oldest = sent.peek();
        return oldest == null ? now : oldest.nanos;
    }

    /** Whatever comes back from now on proves nothing. */
    void clear() {
        sent.clear();
    }
}
