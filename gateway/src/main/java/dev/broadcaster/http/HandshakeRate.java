package dev.broadcaster.http;

import dev.broadcaster.time.Time;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * {@code MAX_HANDSHAKE_RATE}, per client address; for IPv6 per /64, because one client can have a whole /64. The
 * generic cell rate algorithm with a burst of {@value #BURST_SECONDS} seconds' worth. Safe from any thread.
 *
 * <p>Addresses share {@value #CELLS} cells by a secret hash, so that an attacker with any number of addresses takes no
 * memory. An address that shares a used-up cell is refused too: an attacker uses up one cell per
 * {@code MAX_HANDSHAKE_RATE} handshakes a second.
 */
final class HandshakeRate {
    static final int BURST_SECONDS = 10;
    static final int CELLS = 1 << 15;

    private static final long BURST_NANOS = BURST_SECONDS * 1_000_000_000L;

    private final long interval; // nanoseconds per handshake; 0 = no limit
    private final Time time;
    private final long origin;
    private final long seed;
    // The time at which an even rate would have reached all handshakes so far, in nanoseconds since the origin.
    private final AtomicLongArray arrivals;

    /** At most {@code perSecond} handshakes; 0 = no limit. */
    HandshakeRate(int perSecond, Time time, long seed) {
        this.interval = perSecond == 0 ? 0 : 1_000_000_000L / perSecond;
        this.time = time;
        this.origin = time.nanos();
        this.seed = seed;
        this.arrivals = new AtomicLongArray(perSecond == 0 ? 0 : CELLS);
    }

    /** Counts a handshake; true if it is allowed. */
    boolean take(InetAddress client) {
        if (interval == 0) {
            return true;
        }
        int cell = cell(client);
        long now = time.nanos() - origin;
        while (true) {
            long before = arrivals.get(cell);
            long next = Math.max(before, now) + interval;
            if (next - now > BURST_NANOS) {
                return false;
            }
            if (arrivals.compareAndSet(cell, before, next)) {
                return true;
            }
        }
    }

    private int cell(InetAddress client) {
        byte[] address = client.getAddress();
        long bits = address.length; // an IPv4 address is not the prefix of an IPv6 one
        for (int i = 0; i < Math.min(8, address.length); i++) {
            bits = (bits << 8) | (address[i] & 0xff);
        }
        return (int) (mix(mix(bits ^ seed) + seed) >>> 49);
    }

    /** The finalizer of SplitMix64. */
    private static long mix(long bits) {
        long z = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
