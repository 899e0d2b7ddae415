package dev.broadcaster.budget;

import java.util.Locale;

/** The contents of an {@link Account}, with its share of the {@link MemoryBudget} in percent. */
public enum Purpose {
    /** Request bodies that have not arrived completely. */
    BODIES(10),
    /** Input of connections that waits: unfinished WebSocket messages, unfinished request heads, waiting requests. */
    INPUT(10),
    /**
     * Histories, positions and idempotency keys of a node without Redis; with Redis, the messages of histories that were
     * read for clients, which answer other clients for two seconds.
     */
    HISTORY(25),
    /** Publishes that the relay has neither accepted nor refused. */
    PUBLISHES(10),
    /**
     * Accepted messages that no I/O thread has handed to its connections. A message counts once per shard that has a
     * subscriber, although the shards share its bytes: with 8 shards, 8 times.
     */
    FANOUT(10),
    /** Output that waits for WebSocket connections. */
    OUTPUT(20),
    /** HTTP responses that their sockets do not take, and pages of histories that are read for responses. */
    ANSWERS(5),
    /** Subscriptions, and the channels of the node that have one. */
    SUBSCRIPTIONS(10);

    private final int percent;

    Purpose(int percent) {
        this.percent = percent;
    }

    int percent() {
        return percent;
    }

    /** The value of the label {@code account}. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
