package dev.broadcaster.budget;

import java.util.Locale;

/** What an {@link Account} holds, with its share of the {@link MemoryBudget} in percent. The shares of one node add up to 100. */
public enum Purpose {
    /** Request heads that have not arrived completely. */
    HEADS(5),
    /** Request bodies that have not arrived completely. */
    BODIES(15),
    /** WebSocket messages that have not arrived completely. */
    MESSAGES(10),
    /** WebSocket requests that wait for earlier ones. */
    REQUESTS(5),
    /** Frames that wait for clients that do not read. */
    OUTPUT(25),
    /** Messages of a history that are on their way to clients that recover. */
    REPLAYS(10),
    /** Histories of a node without Redis. */
    HISTORY(25),
    /** Idempotency keys of a node without Redis. */
    IDEMPOTENCY_KEYS(5),
    /** Publishes on their way to Redis; a node with Redis has neither {@link #HISTORY} nor {@link #IDEMPOTENCY_KEYS}. */
    PUBLISHES(30);

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
