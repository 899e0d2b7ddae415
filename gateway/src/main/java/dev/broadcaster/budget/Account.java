package dev.broadcaster.budget;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the bytes that are held for one {@link Purpose} on this node, against a limit. Callers count what they really
 * take of the heap: arrays by their capacity, objects with their headers. Safe from any thread; never blocks.
 *
 * <p>Where each of many holders decides for itself how much it may hold, {@link #fairShare} is the bound: an equal part of
 * what is still free. It shrinks as the account fills, so the largest holders exceed it first, small ones are spared, and
 * the limit is approached but not passed.
 */
public final class Account {
    /** The part of the free bytes that one holder may have. */
    private static final int FAIR_PART = 8;

    private final long limit;
    private final Runnable onRefused;
    private final AtomicLong used = new AtomicLong();

    Account(long limit, Runnable onRefused) {
        this.limit = limit;
        this.onRefused = onRefused;
    }

    /** Takes {@code bytes} if they fit. When they do not, nothing is taken and the refusal is counted. */
    public boolean tryTake(long bytes) {
        if (used.addAndGet(bytes) <= limit) {
            return true;
        }
        used.addAndGet(-bytes);
        onRefused.run();
        return false;
    }

    /** Takes {@code bytes}, also beyond the limit; a negative number gives them back. */
    public void add(long bytes) {
        used.addAndGet(bytes);
    }

    /** Whether one holder of {@code bytes}, which are counted already, stays within {@link #fairShare}. */
    public boolean isFair(long bytes) {
        return bytes <= fairShare();
    }

    /** The most that one holder may have at this moment, in bytes; 0 when nothing is free. */
    public long fairShare() {
        return Math.max(0, limit - used.get()) / FAIR_PART;
    }

    /** Counts a holder that was refused or cut because of this account. */
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
