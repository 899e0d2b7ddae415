package dev.broadcaster.bench;

import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * The messages in flight: the channel of each, and the number of outstanding deliveries and acknowledgements. Counts
 * every fault. For one thread.
 */
final class Messages {
    private static final int RING = 1 << 20;

    private final int[] numbers = new int[RING];
    private final int[] channels = new int[RING];
    private final int[] due = new int[RING];
    private final long[] dueNanos = new long[RING];
    private final LongConsumer onAcknowledged;
    private final int[] subscribers; // by channel, those that read

    private int next;
    private int inFlight;
    private long problems;
    private String firstProblem = "";
    private long dueDeliveries;

    /** Messages of a run; {@code onAcknowledged} gets the due time of each. */
    Messages(Workload workload, LongConsumer onAcknowledged) {
        this.onAcknowledged = onAcknowledged;
        Arrays.fill(numbers, -1);
        subscribers = new int[workload.channels()];
        for (int i = workload.stalled(); i < workload.connections(); i++) {
            for (int j = 0; j < workload.subscriptions(); j++) {
                subscribers[workload.channelOf(i, j)]++;
            }
        }
    }

    /** The number of the next message, which goes to the next channel and is due at {@code nanos}. */
    int issue(long nanos) {
        int number = next++;
        int slot = number % RING;
        if (numbers[slot] >= 0 && due[slot] > 0) {
            problem("message " + numbers[slot] + " is still due a million messages later");
        }
        numbers[slot] = number;
        channels[slot] = number % subscribers.length;
        dueNanos[slot] = nanos;
        due[slot] = subscribers[channels[slot]] + 1; // and the acknowledgement
        dueDeliveries += subscribers[channels[slot]];
        inFlight++;
        return number;
    }

    int channel(int number) {
        return channels[number % RING];
    }

    void onAcknowledged(int number, boolean ok) {
        if (!ok) {
            problem("publish " + number + " was refused");
        }
        onAcknowledged.accept(dueNanos[number % RING]);
        arrived(number % RING);
    }

    /** A subscriber of its channel received a message; true if it was due. */
    boolean onDelivered(int number) {
        int slot = number % RING;
        if (numbers[slot] != number || due[slot] == 0) {
            problem("message " + number + " came too often");
            return false;
        }
        dueDeliveries--;
        arrived(slot);
        return true;
    }

    private void arrived(int slot) {
        if (--due[slot] == 0) {
            inFlight--;
        }
    }

    /** Records a fault; the first one is reported at the end. */
    void problem(String what) {
        if (problems++ == 0) {
            firstProblem = what;
        }
    }

    /** The number of messages that are not acknowledged, or not delivered to all. */
    int inFlight() {
        return inFlight;
    }

    /**
     * Ends the run.
     *
     * @throws IllegalStateException unless every delivery arrived, once, at the right subscriber, unchanged and in
     *     order
     */
    void verify() {
        if (inFlight > 0) {
            problem(inFlight + " messages not acknowledged or not delivered, " + dueDeliveries + " deliveries missing");
        }
        if (problems > 0) {
            throw new IllegalStateException(problems + " problems; the first: " + firstProblem);
        }
    }
}
