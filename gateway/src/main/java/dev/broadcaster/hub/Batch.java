package dev.broadcaster.hub;

import dev.broadcaster.protocol.EncodedBroadcast;
import java.util.Arrays;
import java.util.List;

/**
 * The messages of one channel that a shard delivers together, in order, each with its position in the channel. Owned by
 * the shard's thread; a subscriber may read it until the turn ends.
 */
public final class Batch {
    private final String channel;
    private EncodedBroadcast[] messages = new EncodedBroadcast[4];
    private long[] positions = new long[4];
    private int size;
    private long turn;
    private long epochMillis;

    Batch(String channel) {
        this.channel = channel;
    }

    /** The messages at position {@code first} and later. */
    static Batch of(String channel, List<EncodedBroadcast> messages, long first, long epochMillis) {
        Batch batch = new Batch(channel);
        batch.begin(epochMillis);
        for (int i = 0; i < messages.size(); i++) {
            batch.add(messages.get(i), first + i);
        }
        return batch;
    }

    /** The messages after {@code position}, as a separate batch that may be kept. */
    public Batch after(long position) {
        Batch rest = new Batch(channel);
        rest.begin(epochMillis);
        for (int i = size - countAfter(position); i < size; i++) {
            rest.add(messages[i], positions[i]);
        }
        return rest;
    }

    void add(EncodedBroadcast message, long position) {
        if (size == messages.length) {
            messages = Arrays.copyOf(messages, size * 2);
            positions = Arrays.copyOf(positions, size * 2);
        }
        messages[size] = message;
        positions[size++] = position;
    }

    void begin(long millis) {
        epochMillis = millis;
    }

    void clear() {
        if (size > 64) {
            messages = new EncodedBroadcast[4];
            positions = new long[4];
        } else {
            Arrays.fill(messages, 0, size, null);
        }
        size = 0;
        turn++;
    }

    /** A number that changes whenever the batch is refilled: the same batch and number mean the same messages. */
    public long turn() {
        return turn;
    }

    /** The wall clock at the start of the turn. */
    public long epochMillis() {
        return epochMillis;
    }

    /** The channel of all messages. */
    public String channel() {
        return channel;
    }

    /** The number of messages. */
    public int size() {
        return size;
    }

    public EncodedBroadcast message(int i) {
        return messages[i];
    }

    /**
     * The position of message {@code i} in its channel; the {@code seq} of a subscription is the position minus the
     * subscription's base. A message whose position is not greater than the base precedes the subscription.
     */
    public long position(int i) {
        return positions[i];
    }

    /** The number of messages after {@code position}. */
    int countAfter(long position) {
        int first = 0;
        while (first < size && positions[first] <= position) {
            first++;
        }
        return size - first;
    }
}
