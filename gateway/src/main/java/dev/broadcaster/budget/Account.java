package dev.broadcaster.budget;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the bytes that are held for one {@link Purpose} on this node, against a limit that its user observes. Safe from
 * any thread; never blocks.
 */
public final class Account {
    private final long limit;
    private final Runnable onRefused;
    private final AtomicLong used = new AtomicLong();

    Account(long limit, Runnable onRefused) {
        this.limit = limit;
        this.onRefused = onRefused;
    }

    /** Takes {@code bytes}, also beyond the limit; a negative number gives them back. */
    public void add(long bytes) {
        used.addAndGet(bytes);
    }

    /** Counts a request that was refused because of this account. */
    public void countRefusal() {
        onRefused.run();
    }

    /** The bytes that are taken. */
    public long used() {
        return used.get();
    }

    /** The most bytes that may be taken. */
    public long limit() {
        return limit;
    }
}
