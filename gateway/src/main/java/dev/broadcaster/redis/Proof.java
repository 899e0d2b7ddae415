package dev.broadcaster.redis;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What the probes of a link say: whether it delivers, how late, and whether its Redis was silent for so long that another
 * may have taken over; and when the next one is due. Owned by the event loop; all times are its clock's nanoseconds.
 */
final class Proof {
    /** How often a probe goes out. */
    private static final long INTERVAL_NANOS = 1_000_000_000L;
    /** Without a probe for so long, publishes are refused and the node is not ready. */
    private static final long STALLED_NANOS = 2_500_000_000L;
    /** A probe that is so late leaves time for another Redis to have taken over. */
    private static final long LATE_NANOS = 1_000_000_000L;
    /** What follows a late probe for so long may come from a Redis that does not know it yet. */
    private static final long LATE_EFFECT_NANOS = 5_000_000_000L;
    /** Without a word for so long, the connections are to be given up. */
    private static final long DEAD_NANOS = 6_000_000_000L;

    /** What the return of a probe says. */
    enum Return {
        /** Nothing: it was sent on a connection that is gone. */
        STRAY,
        IN_TIME,
        /** That it was silent. */
        LATE
    }

    private final SentProbes sent = new SentProbes();
    private boolean proved;
    private boolean doubted; // until others have said that it was not replaced
    private boolean wasLate;
    private long lateNanos; // when a probe last came back late, if one was
    private long dueNanos; // when a probe was due last
    private long heardNanos; // when the last probe came back, or a connection came up
    private long provenNanos; // when the latest probe that came back had gone out, or a connection came up
    private long answeredNanos; // when a probe was refused, or a connection came up

    /** Whether a probe has come back since the connections came up. */
    boolean isProved() {
        return proved;
    }

    /** What is wrong with a link that was proved, or null. */
    @Nullable
    String trouble(long now) {
        if (doubted) {
            return "was silent, and others have not said yet that it was not replaced";
        }
        long age = age(now);
        return age < STALLED_NANOS ? null : "no probe of the last " + age / 1_000_000_000L + " s has come back";
    }

    /** How long ago the latest probe that came back had gone out: what is published now may come so late. */
    long age(long now) {
        return now - provenNanos;
    }

    /** How long nobody has said anything. */
    long silence(long now) {
        return Math.min(now - heardNanos, now - answeredNanos);
    }

    /** Whether the other side is to be given up. */
    boolean isDead(long now) {
        return silence(now) > DEAD_NANOS;
    }

    /** Whether it is time for a probe. */
    boolean isDue(long now) {
        return now - dueNanos >= INTERVAL_NANOS;
    }

    /** A probe is sent now, if there is one to send. */
    void onDue(long now) {
        dueNanos = now;
    }

    /** A connection is there: silence begins to count now, and the first probe is due. */
    void onConnected(long now) {
        begin(now);
        dueNanos = now - INTERVAL_NANOS;
    }

    private void begin(long now) {
        heardNanos = now;
        provenNanos = now;
        answeredNanos = now;
        sent.clear();
    }

    /** The link serves nothing; what it served it may serve again, and that will be proved then. */
    void onIdle(long now) {
        proved = false;
        begin(now);
    }

    /** A connection is gone, or a probe was refused. */
    void onBroken() {
        proved = false;
    }

    /** A probe was refused: somebody is there, but what is published would not arrive. */
    void onRefused(long now) {
        answeredNanos = now;
        proved = false;
    }

    /** A probe goes out. */
    void onSent(String id, long now) {
        sent.add(id, now);
    }

    /** A probe has come back. */
    Return onReturned(String id, long now) {
        OptionalLong sentNanos = sent.take(id);
        if (sentNanos.isEmpty()) {
            return Return.STRAY;
        }
        if (sentNanos.getAsLong() - provenNanos > 0) {
            provenNanos = sentNanos.getAsLong();
        }
        heardNanos = now;
        proved = true;
        if (now - sentNanos.getAsLong() < LATE_NANOS) {
            return Return.IN_TIME;
        }
        wasLate = true;
        lateNanos = now;
        return Return.LATE;
    }

    /** Whether it has been silent just now, or is. */
    boolean isLate(long now) {
        return (wasLate && now - lateNanos < LATE_EFFECT_NANOS) || now - sent.oldest(now) >= LATE_NANOS;
    }

    /** Others have to be asked whether it was replaced. */
    void doubt() {
        doubted = true;
    }

    /** Others were asked at {@code askedNanos}, and say that what it serves is still its own. */
    void confirm(long askedNanos) {
        doubted = doubted && askedNanos - lateNanos < 0;
    }

    /** The process was away for so long: what looks like silence of the other side was our own. */
    void onPause(long nanos) {
        heardNanos += nanos;
        provenNanos += nanos;
        answeredNanos += nanos;
        dueNanos += nanos;
    }
}
