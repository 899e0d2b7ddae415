package dev.broadcaster.relay;

import dev.broadcaster.budget.HeapBytes;

/** The heap bytes of the table of a {@link java.util.HashMap}, which grows with the map and never shrinks. */
final class TableBytes {
    private static final int FIRST_CAPACITY = 16;

    private int capacity;

    /** The growth of the table in bytes, when the map has {@code size} entries now. */
    long grown(int size) {
        int before = capacity;
        while (size > capacity / 4 * 3) {
            capacity = Math.max(FIRST_CAPACITY, capacity * 2);
        }
        return capacity == before ? 0 : bytes(capacity) - bytes(before);
    }

    private static long bytes(int capacity) {
        return capacity == 0 ? 0 : HeapBytes.references(capacity);
    }
}
