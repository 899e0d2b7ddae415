package dev.broadcaster.load;

import java.util.BitSet;

/**
 * Checks the messages of one subscription: {@code seq} without a hole, no duplicate, every accepted message, no refused
 * one. For one thread.
 */
final class Subscription {
    /** So large that no message is due. */
    private static final int UNCONFIRMED = Integer.MAX_VALUE - 1;

    private final String channel;
    private final Ledger ledger;
    private int issuedBefore = UNCONFIRMED;
    private final BitSet received = new BitSet();
    private long lastSeq;
    private String lastId = "";
    private long holes;
    private long duplicates;
    private BitSet due = new BitSet();

    /** A subscription that has not been requested yet. */
    Subscription(String channel, Ledger ledger) {
        this.channel = channel;
        this.ledger = ledger;
    }

    /** The node has confirmed it: every message that is issued from now on, and accepted, has to arrive. */
    void onConfirmed() {
        issuedBefore = ledger.issued(channel);
    }

    boolean isConfirmed() {
        return issuedBefore != UNCONFIRMED;
    }

    /** A message has arrived. */
    void onBroadcast(long seq, String id, int number) {
        if (seq > lastSeq + 1) {
            holes += seq - lastSeq - 1;
        }
        if (seq <= lastSeq || received.get(number)) {
            duplicates++;
        }
        lastSeq = Math.max(lastSeq, seq);
        lastId = id;
        received.set(number);
    }

    /**
     * The subscription was made again on another connection, with the messages that it missed: {@code seq} starts at 1
     * again.
     */
    void onRecovered() {
        lastSeq = 0;
    }

    /** It ended with its connection, and was not recovered: the messages that were due before are unknown. */
    void onLost() {
        due = new BitSet();
    }

    /** From now on {@link #missing} counts the messages that have been accepted up to now. */
    void close() {
        due = ledger.acceptedAfter(channel, issuedBefore);
    }

    /** The number of missing messages. */
    int missing() {
        return missingNumbers().cardinality();
    }

    /**
     * The missing messages, and the end of the complete part: shows if they are the last ones, or if {@code seq} hides
     * them.
     */
    String missingDescribed() {
        return missingNumbers() + ", where the greatest that came is " + (received.length() - 1);
    }

    private BitSet missingNumbers() {
        BitSet missing = (BitSet) due.clone();
        missing.andNot(received);
        return missing;
    }

    /** The number of received messages that the node had refused. */
    int refused() {
        return ledger.refusedAmong(channel, received);
    }

    /** The number of messages that are missing in {@code seq}. */
    long holes() {
        return holes;
    }

    /** The number of messages that arrived twice, or after a later one. */
    long duplicates() {
        return duplicates;
    }

    /** The id of the last message; empty before the first. */
    String lastId() {
        return lastId;
    }

    String channel() {
        return channel;
    }

    int received() {
        return received.cardinality();
    }
}
