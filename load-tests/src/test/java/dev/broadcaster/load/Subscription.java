package dev.broadcaster.load;

import java.util.BitSet;

/**
 * Checks what one subscription gets: {@code seq} without a hole, no message twice, everything that was accepted, nothing
 * that was refused. For one thread.
 */
final class Subscription {
    /** So great that nothing is due. */
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

    /** A subscription that is about to be asked for. */
    Subscription(String channel, Ledger ledger) {
        this.channel = channel;
        this.ledger = ledger;
    }

    /** The node has confirmed it: whatever is issued from now on, and accepted, has to come. */
    void onConfirmed() {
        issuedBefore = ledger.issued(channel);
    }

    boolean isConfirmed() {
        return issuedBefore != UNCONFIRMED;
    }

    /** A message came. */
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

    /** The subscription was made anew on another connection, with what it missed: {@code seq} begins at 1 again. */
    void onRecovered() {
        lastSeq = 0;
    }

    /** It ended with its connection, and was not recovered: what it had to get before that, nobody knows. */
    void onLost() {
        due = new BitSet();
    }

    /** From now on {@link #missing} is about what has been accepted up to now. */
    void close() {
        due = ledger.acceptedAfter(channel, issuedBefore);
    }

    /** How many messages have not come that had to. */
    int missing() {
        return missingNumbers().cardinality();
    }

    /** Which those are, and up to where everything came: whether they are the last ones, or {@code seq} hides them. */
    String missingDescribed() {
        return missingNumbers() + ", where the greatest that came is " + (received.length() - 1);
    }

    private BitSet missingNumbers() {
        BitSet missing = (BitSet) due.clone();
        missing.andNot(received);
        return missing;
    }

    /** How many messages came that the node had said it did not publish. */
    int refused() {
        return ledger.refusedAmong(channel, received);
    }

    /** How many messages are not in {@code seq}. */
    long holes() {
        return holes;
    }

    /** How many messages came twice, or behind a later one. */
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
