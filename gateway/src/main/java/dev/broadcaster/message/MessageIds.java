package dev.broadcaster.message;

import dev.broadcaster.time.Time;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes ids in the format of a ULID: 48 bits of wall-clock milliseconds, then 80 bits that are unique within this node
 * and collide with those of another node only by chance, as 26 characters of Crockford's base 32. Safe from any thread.
 */
public final class MessageIds {
    private static final byte[] DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] VALUES = values();

    private final Time time;
    private final long nodeSeed;
    private final AtomicLong counter = new AtomicLong();

    /**
     * Ids of one node.
     *
     * @param nodeSeed random, so that two nodes do not make the same ids
     */
    public MessageIds(Time time, long nodeSeed) {
        this.time = time;
        this.nodeSeed = nodeSeed;
    }

    /** A new id. */
    public String next() {
        long millis = time.epochMillis();
        // A bijection of the counter: within the node no two of these 64 bits are equal.
        long low = mix(counter.getAndIncrement() + nodeSeed);
        long high = mix(nodeSeed ^ low) & 0xffff;
        byte[] id = new byte[26];
        for (int i = 9; i >= 0; i--) {
            id[i] = DIGITS[(int) (millis & 31)];
            millis >>>= 5;
        }
        // 80 bits: 16 in high, 64 in low; sixteen digits of five bits.
        for (int i = 25; i >= 10; i--) {
            id[i] = DIGITS[(int) (low & 31)];
            low = (low >>> 5) | (high << 59);
            high >>>= 5;
        }
        return new String(id, StandardCharsets.ISO_8859_1);
    }

    /** The wall-clock milliseconds in an id of a node, by that node's clock; an arbitrary number for another text. */
    public static long epochMillis(String id) {
        long millis = 0;
        for (int i = 0; i < Math.min(10, id.length()); i++) {
            millis = (millis << 5) | VALUES[id.charAt(i) & 0x7f];
        }
        return millis;
    }

    private static byte[] values() {
        byte[] values = new byte[128];
        for (byte i = 0; i < DIGITS.length; i++) {
            values[DIGITS[i]] = i;
        }
        return values;
    }

    /** Stafford's variant 13 of the murmur3 finaliser, as in SplittableRandom. */
    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
