package dev.broadcaster.redis;

import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.SubscribeCallback;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A channel that this node receives, or wants to. Owned by the event loop. */
final class ReceivedChannel {
    /** How long it stays where it is after another Redis is said to serve it. */
    private static final long MOVE_NANOS = 1_000_000_000L;

    private record Waiter(SubscribeCallback callback, long deadline) {}

    final String name;
    final int tag;
    final String topic;

    /** What its history keeps; null if it has none. */
    final HistoryConfig.@Nullable Rule rule;

    /** How often it was subscribed and not unsubscribed. */
    int wanted;

    /** Where it is subscribed, or being subscribed; null while nowhere. */
    @Nullable
    Link link;

    /** When it was asked for there, or its history was. */
    long askedNanos;

    /** Whether Redis has said that it is subscribed. */
    boolean subscribed;

    /** Whether its position is known there too: from here on no message can be missed without a trace. */
    boolean live;

    /** What has come since it was subscribed, and before its position was known. */
    final EarlyMessages early = new EarlyMessages();

    /** The last message, or what the counter said; null before the first time. */
    @Nullable
    Position position;

    /** The process of Redis that {@link #position} is from; null after an orderly move, when it does not matter. */
    @Nullable
    String serverId;

    /** When its subscription ended, if it had one; 0 while it has. */
    long endedNanos;

    /** What is being read of its history; null while nothing is. */
    @Nullable
    HistoryReading reading;

    /** Its history could not be read: what is missing is lost. */
    boolean unreadable;

    /** Clients that wait for what they missed. */
    final List<Recovery> recoveries = new ArrayList<>(0);

    /** What recoveries may be answered from, and until when. Dropped by {@link #forgetRecent} only. */
    @Nullable
    RecentMessages recent;

    long recentUntilNanos;

    private long movedNanos; // since when another Redis is said to serve it; 0 = not
    private final List<Waiter> waiters = new ArrayList<>(1);

    ReceivedChannel(String name, int tag, String topic, HistoryConfig.@Nullable Rule rule) {
        this.name = name;
        this.tag = tag;
        this.topic = topic;
        this.rule = rule;
    }

    /** Whether what is missing is being read, and what comes meanwhile with it. */
    boolean isRepairing() {
        return reading != null && reading.repairs();
    }

    /**
     * Whether another Redis has served it for a while. One that gives a slot away in order says so itself, and then its
     * counters are still right; who has just been told something else by others waits for that.
     *
     * @param elsewhere whether another one is said to serve it now
     */
    boolean hasMoved(boolean elsewhere, long now) {
        if (!elsewhere) {
            movedNanos = 0;
        } else if (movedNanos == 0) {
            movedNanos = now;
        }
        return elsewhere && now - movedNanos > MOVE_NANOS;
    }

    /** It is no longer subscribed anywhere. */
    void end(long now) {
        link = null;
        movedNanos = 0;
        subscribed = false;
        live = false;
        reading = null;
        forgetRecent();
        if (wanted == 0) {
            position = null; // whatever comes meanwhile is nobody's loss
        } else if (position != null && endedNanos == 0) {
            endedNanos = now;
        }
        early.clear();
    }

    /** Recoveries are not answered from what was read before. */
    void forgetRecent() {
        if (recent != null) {
            recent.drop();
            recent = null;
        }
    }

    void addWaiter(SubscribeCallback callback, long deadline) {
        waiters.add(new Waiter(callback, deadline));
    }

    boolean hasWaiters() {
        return !waiters.isEmpty();
    }

    void confirm() {
        List<Waiter> confirmed = List.copyOf(waiters);
        waiters.clear();
        confirmed.forEach(waiter -> waiter.callback.onSubscribed());
    }

    /** Fails those whose time is over. */
    void expire(long now, String reason) {
        List<Waiter> expired =
                waiters.stream().filter(w -> now - w.deadline >= 0).toList();
        waiters.removeAll(expired);
        expired.forEach(waiter -> waiter.callback.onFailed(reason));
    }

    /** Nobody waits any more: it was given up. */
    void forgetWaiters() {
        waiters.clear();
    }
}
