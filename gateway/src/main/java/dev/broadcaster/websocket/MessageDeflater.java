package dev.broadcaster.websocket;

import dev.broadcaster.protocol.Deflation;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.util.Arrays;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * Deflates broadcasts for clients with permessage-deflate (RFC 7692), each once per node. The prefix and the digits of
 * {@code seq} are sent in a stored (uncompressed) block of {@link Frames}, because they differ per subscription; only
 * the suffix is deflated here. One per I/O thread, and used by it alone; it takes 256 KiB of native memory with the
 * first message.
 */
final class MessageDeflater implements Deflation, AutoCloseable {
    /** The header of a stored block: three bits, padded to a byte, and the length twice (RFC 1951 section 3.2.4). */
    static final int STORED_HEADER_BYTES = 5;

    /** A shorter message is sent plain. */
    private static final int MIN_MESSAGE_BYTES = 256;
    /** Nearly all of the best level's gain up to 4 kB, at little more than the cost of the fastest one. */
    private static final int LEVEL = 4;
    /** The end of a flush, which is not sent: 00 00 ff ff (RFC 7692 section 7.2.1). */
    private static final int TAIL_BYTES = 4;

    /**
     * The largest number of newly deflated bytes at a time, no more than a turn brings: a recovery may be far larger.
     */
    static final int MAX_AT_ONCE_BYTES = 512 * 1024;

    private static final int KEPT_BYTES = 64 * 1024;

    private final byte[] kept = new byte[KEPT_BYTES];
    private @Nullable Deflater deflater;

    /** The message for a client that inflates: deflated, unless it is short or does not get shorter. */
    EncodedBroadcast deflated(EncodedBroadcast message) {
        return message.length() < MIN_MESSAGE_BYTES ? message : message.deflated(this);
    }

    @Override
    public byte @Nullable [] deflate(byte[] bytes) {
        // If all of this is used, the result is not shorter: it takes at least as many bytes as the plain one with its
        // header.
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

    /** Frees the native memory. To be called when nothing is deflated any more. */
    @Override
    public void close() {
        if (deflater != null) {
            deflater.end();
        }
    }
}
