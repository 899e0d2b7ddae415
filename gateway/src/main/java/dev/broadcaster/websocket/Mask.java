package dev.broadcaster.websocket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The masking of a client's payloads (RFC 6455 section 5.3). */
final class Mask {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private Mask() {}

    /** Unmasks a piece in place, and returns the mask rotated for the next piece. */
    static int remove(int mask, byte[] bytes, int from, int length) {
        int key = mask;
        if (key == 0) {
            return key;
        }
        long wide = ((long) key << 32) | (key & 0xffffffffL);
        int at = from;
        int end = from + length;
        for (; at + 8 <= end; at += 8) {
            LONGS.set(bytes, at, (long) LONGS.get(bytes, at) ^ wide);
        }
        for (; at < end; at++) {
            key = Integer.rotateLeft(key, 8);
            bytes[at] ^= (byte) key;
        }
        return key;
    }
}
