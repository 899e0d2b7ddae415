package dev.broadcaster.relay;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The channels of the last half hour to hour, by their hash, in fixed memory: two Bloom filters, of which the younger
 * takes new channels. When the younger is half an hour old, or full, it becomes the older one, and the older one is
 * dropped. A new channel may be taken for a known one (about one of forty, when a filter is full); after more channels
 * than a filter holds, a known channel may be taken for a new one. Safe from any thread.
 */
final class SeenChannels {
    static final long GENERATION_NANOS = 1_800_000_000_000L;

    private static final int BITS_A_CHANNEL = 8;
    private static final int PROBES = 4;

    private static final class Filter {
        final long since;
        final AtomicInteger count = new AtomicInteger();
        private final AtomicLongArray words;

        Filter(int bits, long since) {
            this.words = new AtomicLongArray(bits / Long.SIZE);
            this.since = since;
        }

        boolean has(long hash) {
            for (int i = 0; i < PROBES; i++) {
                long bit = bit(hash, i);
                if ((words.get((int) (bit / Long.SIZE)) & 1L << bit) == 0) {
                    return false;
                }
            }
            return true;
        }

        void add(long hash) {
            for (int i = 0; i < PROBES; i++) {
                long bit = bit(hash, i);
                int word = (int) (bit / Long.SIZE);
                long before = words.get(word);
                while (!words.compareAndSet(word, before, before | 1L << bit)) {
                    before = words.get(word);
                }
            }
        }

        private long bit(long hash, int probe) {
            return (hash + probe * (hash >>> 32 | 1)) & ((long) words.length() * Long.SIZE - 1);
        }
    }

    private record Filters(Filter young, Filter old) {}

    private final int bits;
    private volatile Filters filters;

    /**
     * @param channels the capacity of a filter; rounded up to a power of two
     */
    SeenChannels(int channels) {
        this.bits = Math.max(Long.SIZE, Integer.highestOneBit(2 * channels - 1) * BITS_A_CHANNEL);
        this.filters = new Filters(new Filter(bits, 0), new Filter(Long.SIZE, 0));
    }

    /** True if {@code channel} was added before; it is then added to the younger filter again. */
    boolean refresh(long channel, long now) {
        Filters both = current(now);
        if (both.young.has(channel)) {
            return true;
        }
        if (!both.old.has(channel)) {
            return false;
        }
        add(channel, now);
        return true;
    }

    /** Adds {@code channel}. */
    void add(long channel, long now) {
        Filter young = current(now).young;
        young.add(channel);
        young.count.incrementAndGet();
    }

    private Filters current(long now) {
        Filters both = filters;
        return isDone(both.young, now) ? rotate(now) : both;
    }

    private boolean isDone(Filter young, long now) {
        return now - young.since >= GENERATION_NANOS || young.count.get() >= bits / BITS_A_CHANNEL;
    }

    private synchronized Filters rotate(long now) {
        Filter young = filters.young;
        if (isDone(young, now)) { // no other thread was first
            boolean isOld = now - young.since >= 2 * GENERATION_NANOS;
            filters = new Filters(new Filter(bits, now), isOld ? new Filter(Long.SIZE, now) : young);
        }
        return filters;
    }
}
