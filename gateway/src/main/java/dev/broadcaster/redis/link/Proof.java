package dev.broadcaster.redis.link;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The probes of a link, and what they prove: that it delivers, how late, and that its Redis was not silent for so long that
 * another one may have taken over. Owned by the event loop; all times are nanoseconds of its clock.
 */
final class Proof {
    /** The interval between probes. */
    private static final long INTERVAL_NANOS = 1_000_000_000L;
    /** After so long without a probe, publishes are refused and the node is not ready. */
    private static final long STALLED_NANOS = 2_500_000_000L;
    /** While a probe was so late, another Redis may have taken over. */
    private static final long LATE_NANOS = 1_000_000_000L;
    /** For so long after a late probe, messages may come from a Redis that does not know that it was replaced. */
    private static final long LATE_EFFECT_NANOS = 5_000_000_000L;
    /** After so long without an answer, the connections are given up. */
    private static final long DEAD_NANOS = 6_000_000_000L;

    /** The meaning of a probe that has come back. */
    enum Return {
        /** None: it was sent on a connection that is gone. */
        STRAY,
        IN_TIME,
        /** Redis was silent. */
        LATE
    }

    /** More probes are not sent before a link is given up. */
    private static final int MAX_SENT = 16;

    private record Sent(String id, long nanos) {}

    private final Deque<Sent> sent = new ArrayDeque<>(); // that have not come back, the oldest first
    private boolean proved;
    private boolean doubted; // until other nodes of the cluster have said that it was not replaced
    private boolean wasLate;
    private long lateNanos; // when a probe last came back late, if one was
    private long dueNanos; // when a probe was due last
    private long heardNanos; // when the last probe came back, or a connection came up
    private long provenNanos; // when the latest probe that came back had gone out, or a connection came up
    private long answeredNanos; // when a probe was refused, or a connection came up

    /** True if a probe has come back since the connections came up. */
    boolean isProved() {
        return proved;
    }

    /** The trouble of a link that was proved, for an operator; null if there is none. */
    @Nullable
    String trouble(long now) {
        if (doubted) {
            return "was silent, and others have not said yet that it was not replaced";
        }
        long age = age(now);
        return age < STALLED_NANOS ? null : "no probe of the last " + age / 1_000_000_000L + " s has come back";
    }

    /** The time since the latest probe that came back was sent: a publish of now may be so late. */
    long age(long now) {
        return now - provenNanos;
    }

    /** The time since the last sign of life. */
    long silence(long now) {
        return Math.min(now - heardNanos, now - answeredNanos);
    }

    /** True if the connections are to be given up. */
    boolean isDead(long now) {
        return silence(now) > DEAD_NANOS;
    }

    /** True if it is time for a probe. */
    boolean isDue(long now) {
        return now - dueNanos >= INTERVAL_NANOS;
    }

    /** A probe is sent now, if there is one to send. */
    void onDue(long now) {
        dueNanos = now;
    }

    /** A connection is there: the silence is counted from now on, and the first probe is due. */
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

    /** The link serves no partition. If it does again, that is proved then. */
    void onIdle(long now) {
        proved = false;
        begin(now);
    }

    /** A connection is gone, or a probe was refused. */
    void onBroken() {
        proved = false;
    }

    /** A probe was refused: Redis is there, but a publish would not arrive. */
    void onRefused(long now) {
        answeredNanos = now;
        proved = false;
    }

    /** A probe is sent. */
    void onSent(String id, long now) {
        if (sent.size() >= MAX_SENT) {
            sent.remove();
        }
        sent.add(new Sent(id, now));
    }

    /** Takes out a probe and those before it; null if it is not among them. */
    private @Nullable Sent take(String id) {
        if (sent.stream().noneMatch(probe -> probe.id.equals(id))) {
            return null;
        }
        Sent probe = sent.remove();
        while (!probe.id.equals(id)) {
            probe = sent.remove();
        }
        return probe;
    }

    /** A probe has come back. */
    Return onReturned(String id, long now) {
        Sent probe = take(id);
        if (probe == null) {
            return Return.STRAY;
        }
        if (probe.nanos - provenNanos > 0) {
            provenNanos = probe.nanos;
        }
        heardNanos = now;
        proved = true;
        if (now - probe.nanos < LATE_NANOS) {
            return Return.IN_TIME;
        }
        wasLate = true;
        lateNanos = now;
        return Return.LATE;
    }

    /** True if Redis was silent a moment ago, or is. */
    boolean isLate(long now) {
        Sent oldest = sent.peek();
        return (wasLate && now - lateNanos < LATE_EFFECT_NANOS) || (oldest != null && now - oldest.nanos >= LATE_NANOS);
    }

    /** The other nodes of the cluster have to be asked whether it was replaced. */
    void doubt() {
        doubted = true;
    }

    /** The other nodes were asked at {@code askedNanos}, and say that it serves what it did. */
    void confirm(long askedNanos) {
        doubted = doubted && askedNanos - lateNanos < 0;
    }

    /** The process was paused for so long: what looks like silence of Redis was our own. */
    void onPause(long nanos) {
        heardNanos += nanos;
        provenNanos += nanos;
        answeredNanos += nanos;
        dueNanos += nanos;
    }
}
