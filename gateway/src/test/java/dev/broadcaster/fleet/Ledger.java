package dev.broadcaster.fleet;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What publishers and subscribers wrote down while a test ran. Safe from any thread; times are {@code System.nanoTime()}. */
final class Ledger {
    enum Outcome {
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
    record Published(
            String publisher, long number, String channel, Outcome outcome, String id, long sent, long answered) {}

    /** A broadcast as a subscriber got it. */
    record Received(long seq, String id, String publisher, long number, long at) {}

    /** One subscription from its reply to its end. The thread of its subscriber writes it, and {@link #frames} copies it. */
    static final class Subscription {
        final String name;
        final String channel;
        final long requested;
        final long live;
        private final List<Received> frames = new ArrayList<>(); // guarded by this
        private boolean ended; // guarded by this

        /**
         * @param requested when the request was sent
         * @param live when the reply had been read
         */
        Subscription(String name, String channel, long requested, long live) {
            this.name = name;
            this.channel = channel;
            this.requested = requested;
            this.live = live;
        }

        synchronized void received(Received frame) {
            frames.add(frame);
        }

        /** What comes later is lost to this subscription by right. */
        synchronized void end() {
            ended = true;
        }

        synchronized boolean hasEnded() {
            return ended;
        }

        synchronized List<Received> frames() {
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

    void published(Published publish) {
        published.add(publish);
    }

    void subscribed(Subscription subscription) {
        subscriptions.add(subscription);
    }

    /** Something that no rule foresees and that is wrong by itself. */
    void odd(String what) {
        oddities.add(what);
    }

    Collection<Published> published() {
        return published;
    }

    Collection<Subscription> subscriptions() {
        return subscriptions;
    }

    Collection<String> oddities() {
        return oddities;
    }
}
