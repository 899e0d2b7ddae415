package dev.broadcaster.load;

import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The published messages, by channel, and their outcomes. Each publish has a number, from 1 up in its channel, which is
 * in its payload. Safe from any thread.
 */
final class Ledger {
    private static final class Channel {
        private int issued;
        private final BitSet accepted = new BitSet();
        private final BitSet refused = new BitSet();
    }

    private final Map<String, Channel> channels = new ConcurrentHashMap<>();

    /** A number for a publish that is about to be sent. */
    int issue(String channel) {
        Channel entry = channel(channel);
        synchronized (entry) {
            return ++entry.issued;
        }
    }

    /** The node has accepted the publish: all subscribers have to get it. */
    void accepted(String channel, int number) {
        Channel entry = channel(channel);
        synchronized (entry) {
            entry.accepted.set(number);
            entry.refused.clear(number); // a first attempt was
        }
    }

    /** A refused publish is tried once more: a subscriber may get it before its publisher has the answer. */
    void triedAgain(String channel, int number) {
        Channel entry = channel(channel);
        synchronized (entry) {
            entry.refused.clear(number);
        }
    }

    /** The node has refused the publish: no subscriber may get it. Not to be called when the outcome is unknown. */
    void refused(String channel, int number) {
        Channel entry = channel(channel);
        synchronized (entry) {
            entry.refused.set(number);
        }
    }

    /** The last issued number: a subscription that is live now gets all later ones that are accepted. */
    int issued(String channel) {
        Channel entry = channel(channel);
        synchronized (entry) {
            return entry.issued;
        }
    }

    /** The numbers after {@code last} that have been accepted so far. */
    BitSet acceptedAfter(String channel, int last) {
        Channel entry = channel(channel);
        synchronized (entry) {
            BitSet later = (BitSet) entry.accepted.clone();
            later.clear(0, last + 1);
            return later;
        }
    }

    /** Those of {@code numbers} that were refused. */
    int refusedAmong(String channel, BitSet numbers) {
        Channel entry = channel(channel);
        synchronized (entry) {
            BitSet both = (BitSet) entry.refused.clone();
            both.and(numbers);
            return both.cardinality();
        }
    }

    private Channel channel(String name) {
        return channels.computeIfAbsent(name, missing -> new Channel());
    }
}
