package dev.broadcaster.testing;

import dev.broadcaster.message.HistoryId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What publishers and subscribers wrote down while a test ran. Safe from any thread; times are {@code System.nanoTime()}. */
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
     * @param id from the answer, empty unless it was accepted
     */
    public record Published(
            String publisher, long number, String channel, Outcome outcome, String id, long sent, long answered) {}

    /** A broadcast as a subscriber got it. */
    public record Received(long seq, String id, String publisher, long number, long at) {}

    /** A message with a place in a history, as a client saw it. */
    public record Seen(HistoryId id, String publisher, long number) {}

    /**
     * What a client that comes back again and again has seen since its first subscription, or since the last recovery
     * that was refused. Nothing may be missing in it.
     *
     * @param position the position that the subscription began at
     * @param requested when that subscription was requested
     * @param live when its reply had been read
     */
    public record Unbroken(
            String client, String channel, HistoryId position, long requested, long live, List<Seen> seen) {
        /** True if the client must see an accepted message: one sent while live, or since the request and later. */
        public boolean isOwed(HistoryId id, long sent) {
            boolean later = id.epoch().equals(position.epoch()) && id.offset() > position.offset();
            return sent >= live || sent >= requested && later;
        }
    }

    /** One subscription from its reply to its end. The thread of its subscriber writes it, and {@link #frames} copies it. */
    public static final class Subscription {
        final String name;
        public final String channel;
        final long requested;
        final long live;
        private final List<Received> frames = new ArrayList<>(); // guarded by this
        private boolean ended; // guarded by this

        /**
         * @param requested when the request was sent
         * @param live when the reply had been read
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

        /** What comes later is lost to this subscription by right. */
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

    /** Something that no rule foresees and that is wrong by itself. */
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
