package dev.broadcaster.redis.link;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The probes of a link, and what they prove: that it delivers, its delay, and that Redis was not silent for so long
 * that another server may have taken over. Owned by the event loop; all times are nanoseconds of its clock.
 */
final class Proof {
    /** The interval between probes. */
    private static final long INTERVAL_NANOS = 1_000_000_000L;
    /** After this time without a probe, publishes are refused and the node is not ready. */
    private static final long STALLED_NANOS = 2_500_000_000L;
    /** When a probe is late by this time, another Redis may have taken over. */
    private static final long LATE_NANOS = 1_000_000_000L;
    /** For this time after a late probe, messages may come from a Redis that does not know that it was replaced. */
    private static final long LATE_EFFECT_NANOS = 5_000_000_000L;
    /** After this time without an answer, the connections are closed. */
    private static final long DEAD_NANOS = 6_000_000_000L;

    /**
     * The channel and topic of a link's publishes to itself, which prove that it is received. No client can name the
     * channel.
     *
     * @param partition a partition that the link serves
     */
    record Probe(int partition, String channel, String topic) {
        /** A topic that is never subscribed: the probe unsubscribes it. */
        String unusedTopic() {
            return topic + '-';
        }
    }

    /** The meaning of a returned probe. */
    enum Return {
        /** None: it was sent on an earlier connection. */
        STRAY,
        IN_TIME,
        /** Redis was silent. */
        LATE
    }

    /** The largest number of probes that are sent before a link is given up. */
    private static final int MAX_SENT = 16;

    private record Sent(String id, long nanos) {}

    private final Deque<Sent> sent = new ArrayDeque<>(); // that have not returned, oldest first
    private boolean proved;
    private boolean doubted; // until other nodes of the cluster have stated that it was not replaced
    private boolean wasLate;
    private long lateNanos; // the time when a probe last returned late, if one did
    private long dueNanos; // the time when a probe was last due
    private long heardNanos; // the time when the last probe returned, or a connection came up
    private long provenNanos; // the time when the latest returned probe was sent, or a connection came up
    private long answeredNanos; // the time when a probe was refused, or a connection came up

    /** True if a probe has returned since the connections came up. */
    boolean isProved() {
        return proved;
    }

    /** The trouble of a link that was proved, for an operator; null if there is none. */
    @Nullable
    String trouble(long now) {
        if (doubted) {
            return "was silent, and other nodes have not confirmed it yet";
        }
        long age = age(now);
        return age < STALLED_NANOS ? null : "no probe of the last " + age / 1_000_000_000L + " s has returned";
    }

    /** The age of the latest returned probe, from its sending: a publish may be late by this time. */
    long age(long now) {
        return now - provenNanos;
    }

    /** The time since the last sign of life. */
    long silence(long now) {
        return Math.min(now - heardNanos, now - answeredNanos);
    }

    /** True if the connections have to be closed. */
    boolean isDead(long now) {
        return silence(now) > DEAD_NANOS;
    }

    /** True if it is time for a probe. */
    boolean isDue(long now) {
        return now - dueNanos >= INTERVAL_NANOS;
    }

    /** A probe is sent now, if the link has one. */
    void onDue(long now) {
        dueNanos = now;
    }

    /** A connection is up: the silence counts from now, and the first probe is due. */
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

    /** The link serves no partition. If it serves one again, it has to be proved again. */
    void onIdle(long now) {
        proved = false;
        begin(now);
    }

    /** A connection has ended, or a probe was refused. */
    void onBroken() {
        proved = false;
    }

    /** A probe was refused: Redis answers, but a publish would not arrive. */
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

    /** Removes and returns a probe, with all earlier ones; null if it is unknown. */
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

    /** A probe has returned. */
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

    /** True if Redis is silent, or was recently. */
    boolean isLate(long now) {
        Sent oldest = sent.peek();
        return (wasLate && now - lateNanos < LATE_EFFECT_NANOS) || (oldest != null && now - oldest.nanos >= LATE_NANOS);
    }

    /** The other nodes of the cluster have to be asked whether it was replaced. */
    void doubt() {
        doubted = true;
    }

    /** The other nodes were asked at {@code askedNanos}, and confirm that it serves the same partitions. */
    void confirm(long askedNanos) {
        doubted = doubted && askedNanos - lateNanos < 0;
    }

    /** The process was paused for this time: the silence was not that of Redis. */
    void onPause(long nanos) {
        heardNanos += nanos;
        provenNanos += nanos;
        answeredNanos += nanos;
        dueNanos += nanos;
    }
}
