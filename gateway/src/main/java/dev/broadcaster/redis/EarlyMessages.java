package dev.broadcaster.redis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** What has come of a channel while its counter was being read. Owned by the event loop. */
final class EarlyMessages {
    private final List<Envelope> envelopes = new ArrayList<>(0); // as they came

    /** Adds what has come last. */
    void add(Envelope envelope) {
        envelopes.add(envelope);
    }

    /**
     * Takes out those that lead up to {@code counter} one by one, so that the last of them is the one that it has counted
     * last.
     *
     * @param known the offset up to which they are known already, and stay; 0 for none
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

    int size() {
        return envelopes.size();
    }

    void clear() {
        envelopes.clear();
    }
}
