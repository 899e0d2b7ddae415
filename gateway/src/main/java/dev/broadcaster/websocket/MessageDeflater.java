package dev.broadcaster.websocket;

import dev.broadcaster.protocol.Deflation;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.util.Arrays;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * Deflates broadcasts for clients with permessage-deflate (RFC 7692), each once a node, although {@code seq} differs: what
 * stands before and among the digits goes into a stored block that {@link Frames} makes, everything after them is deflated
 * here. One for an I/O thread, and for it alone; it takes 256 KiB of native memory with the first message.
 */
final class MessageDeflater implements Deflation, AutoCloseable {
    /** The header of a stored block: three bits, filled up to a byte, and the length twice (RFC 1951 section 3.2.4). */
    static final int STORED_HEADER_BYTES = 5;

    /** A message that is shorter goes plain. */
    private static final int MIN_MESSAGE_BYTES = 256;
    /** Nearly all of the best level's gain up to 4 kB, at little more than the cost of the least one's. */
    private static final int LEVEL = 4;
    /** What ends a flush, and is not sent: 00 00 ff ff (RFC 7692 section 7.2.1). */
    private static final int TAIL_BYTES = 4;

    /** So much is deflated anew at a time, no more than a drain brings: what somebody recovers may be far more. */
    static final int MAX_AT_ONCE_BYTES = 512 * 1024;

    private static final int KEPT_BYTES = 64 * 1024;

    private final byte[] kept = new byte[KEPT_BYTES];
    private @Nullable Deflater deflater;

    /** The message as it goes to a client that inflates: deflated, unless it is short or does not get shorter. */
    EncodedBroadcast deflated(EncodedBroadcast message) {
        return message.length() < MIN_MESSAGE_BYTES ? message : message.deflated(this);
    }

    @Override
    public byte @Nullable [] deflate(byte[] bytes) {
        // If all of this is used it does not pay: it takes at least as many bytes as the plain one, its header
        // included.
        int capacity = bytes.length - STORED_HEADER_BYTES + TAIL_BYTES;
        byte[] out = capacity <= kept.length ? kept : new byte[capacity];
        Deflater zlib = zlib();
        zlib.setInput(bytes);
        int length = zlib.deflate(out, 0, capacity, Deflater.SYNC_FLUSH);
        zlib.reset();
        return length == capacity ? null : Arrays.copyOf(out, length - TAIL_BYTES);
    }

    private Deflater zlib() {
        Deflater made = deflater;
        if (made == null) {
            made = new Deflater(LEVEL, true);
            deflater = made;
        }
        return made;
    }

    /** Gives the native memory back. Once nothing is deflated any more. */
    @Override
    public void close() {
        if (deflater != null) {
            deflater.end();
        }
    }
}
