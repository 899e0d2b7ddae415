package dev.broadcaster.testing;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.broadcaster.message.HistoryId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The records of publishers and subscribers during a test. Safe from any thread; times are {@code System.nanoTime()}.
 */
public final class Ledger {
    public enum Outcome {
        ACCEPTED,
        NOT_PUBLISHED,
        UNKNOWN
    }

    /**
     * A publish.
     *
     * @param number of this publish among those of its publisher, rising
     * @param id from the response, empty unless it was accepted
     */
    public record Published(
            String publisher, long number, String channel, Outcome outcome, String id, long sent, long answered) {}

    /** A broadcast that a subscriber received. */
    public record Received(long seq, String id, String publisher, long number, long at) {}

    /** A message with a position in a history that a client received. */
    public record Seen(HistoryId id, String publisher, long number) {}

    /**
     * The messages that a returning client has received since its first subscription, or since the last refused
     * recovery. None may be missing.
     *
     * @param position the position at which the subscription started
     * @param requested the time of the request of that subscription
     * @param live the time at which its reply had been read
     */
    public record Unbroken(
            String client, String channel, HistoryId position, long requested, long live, List<Seen> seen) {
        /** True if the client must receive an accepted message: one sent while live, or since the request and later. */
        public boolean isOwed(HistoryId id, long sent) {
            boolean later = id.epoch().equals(position.epoch()) && id.offset() > position.offset();
            return sent >= live || sent >= requested && later;
        }
    }

    /**
     * One subscription from its reply to its end. The thread of its subscriber writes it, and {@link #frames} copies
     * it.
     */
    public static final class Subscription {
        final String name;
        public final String channel;
        final long requested;
        final long live;

        @GuardedBy("this")
        private final List<Received> frames = new ArrayList<>();

        @GuardedBy("this")
        private boolean ended;

        /**
         * @param requested the time when the request was sent
         * @param live the time when the reply had been read
         */
        public Subscription(String name, String channel, long requested, long live) {
            this.name = name;
            this.channel = channel;
            this.requested = requested;
            this.live = live;
        }

        public synchronized void received(Received frame) {
            frames.add(frame);
        }

        /** This subscription need not receive later messages. */
        public synchronized void end() {
            ended = true;
        }

        synchronized boolean hasEnded() {
            return ended;
        }

        public synchronized List<Received> frames() {
            return List.copyOf(frames);
        }

        synchronized int size() {
            return frames.size();
        }

        @Override
        public String toString() {
            return name + " on " + channel;
        }
    }

    private final Queue<Published> published = new ConcurrentLinkedQueue<>();
    private final Queue<Subscription> subscriptions = new ConcurrentLinkedQueue<>();
    private final Queue<String> oddities = new ConcurrentLinkedQueue<>();

    public void published(Published publish) {
        published.add(publish);
    }

    public void subscribed(Subscription subscription) {
        subscriptions.add(subscription);
    }

    /** Records a fault that no rule covers. */
    public void odd(String what) {
        oddities.add(what);
    }

    public Collection<Published> published() {
        return published;
    }

    public Collection<Subscription> subscriptions() {
        return subscriptions;
    }

    Collection<String> oddities() {
        return oddities;
    }
}
