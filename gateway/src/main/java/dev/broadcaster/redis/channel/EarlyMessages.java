package dev.broadcaster.redis.channel;

import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The messages of a channel that were pushed before its counter was known. Owned by the event loop. */
final class EarlyMessages {
    private final List<Envelope> envelopes = new ArrayList<>(0); // in the order of the pushes

    /** Adds the message that was pushed last. */
    void add(Envelope envelope) {
        envelopes.add(envelope);
    }

    /**
     * Removes and returns the longest run of consecutive messages that ends at {@code counter}.
     *
     * @param known messages up to this offset were delivered before, and stay; 0 for none
     */
    List<Envelope> takeLeadingTo(Position counter, long known) {
        Deque<Envelope> leading = new ArrayDeque<>();
        Position next = counter;
        for (int i = envelopes.size() - 1; i >= 0; i--) {
            Envelope envelope = envelopes.get(i);
            if (envelope.offset() > known && envelope.position().equals(next)) {
                envelopes.remove(i);
                leading.addFirst(envelope);
                next = Position.before(envelope);
            }
        }
        return List.copyOf(leading);
    }

    /** The number of messages that are not between {@code last} and {@code counter}: their offsets were already used. */
    int countUsed(Position last, Position counter) {
        int used = 0;
        for (Envelope envelope : envelopes) {
            boolean between = counter.isSameEpoch(envelope.epoch())
                    && last.isSameEpoch(envelope.epoch())
                    && envelope.offset() > last.offset()
                    && envelope.offset() <= counter.offset();
            used += between ? 0 : 1;
        }
        return used;
    }

    int size() {
        return envelopes.size();
    }
}
