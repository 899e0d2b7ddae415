package dev.broadcaster.budget;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the bytes that are held for one {@link Purpose} on this node, against a limit that its user has to respect.
 * Safe from any thread; never blocks.
 */
public final class Account {
    /** The bytes that each holder may take, however full the account is. */
    public static final int FLOOR_BYTES = 2048;

    /** A holder may take one part in this number of the free bytes. */
    private static final int SHARE = 8;

    private final long limit;
    private final Runnable onRefused;
    private final AtomicLong used = new AtomicLong();

    Account(long limit, Runnable onRefused) {
        this.limit = limit;
        this.onRefused = onRefused;
    }

    /** Takes {@code bytes} if they fit; else takes nothing and counts a refusal. */
    public boolean tryTake(long bytes) {
        if (takeIfFits(bytes)) {
            return true;
        }
        onRefused.run();
        return false;
    }

    /** Takes {@code bytes} if they fit; else takes nothing, and the caller has to count the refusal. */
    public boolean takeIfFits(long bytes) {
        long before = used.get();
        while (before + bytes <= limit) {
            if (used.compareAndSet(before, before + bytes)) {
                return true;
            }
            before = used.get();
        }
        return false;
    }

    /** Takes {@code bytes}, also beyond the limit; a negative number gives them back. */
    public void add(long bytes) {
        used.addAndGet(bytes);
    }

    /**
     * Takes {@code bytes} for a holder that already has {@code held} of this account, if it then has no more than
     * {@link #share}. Holders need not be known or compared: the fuller the account, the less each may have, so the
     * largest holders are refused first, and small ones rarely.
     *
     * @param upTo the part of the limit that holders of this kind may fill
     * @return true if the bytes were taken; if not, the caller has to count the refusal and to end a connection or
     *     request
     */
    public boolean take(long held, long bytes, long upTo) {
        while (true) {
            long before = used.get();
            if (held + bytes > share(upTo, before)) {
                return false;
            }
            if (used.compareAndSet(before, before + bytes)) {
                return true;
            }
        }
    }

    /**
     * The largest number of bytes that one holder may have now: one eighth of the free part of {@code upTo}, or
     * {@link #FLOOR_BYTES} if that is more.
     */
    public long share(long upTo) {
        return share(upTo, used.get());
    }

    private static long share(long upTo, long taken) {
        return Math.max(FLOOR_BYTES, (upTo - taken) / SHARE);
    }

    /** Counts a request that was refused because of this account. */
    public void countRefusal() {
        onRefused.run();
    }

    /** The taken bytes. */
    public long used() {
        return used.get();
    }

    /** The largest number of bytes that may be taken. */
    public long limit() {
        return limit;
    }
}
