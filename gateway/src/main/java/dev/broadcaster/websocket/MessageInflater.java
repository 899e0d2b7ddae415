package dev.broadcaster.websocket;

import dev.broadcaster.protocol.CloseCode;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Inflates the messages of clients with permessage-deflate (RFC 7692 section 7.2.2); no message refers to an earlier
 * one. One per I/O thread, and used by it alone: a connection holds nothing of it. It takes 40 KiB of native memory
 * with the first message.
 */
final class MessageInflater implements AutoCloseable {
    /**
     * The bytes that the sender has omitted (RFC 7692 section 7.2.2), and an empty final block: only a complete message
     * ends with it.
     */
    private static final byte[] END = {0, 0, (byte) 0xff, (byte) 0xff, 1, 0, 0, (byte) 0xff, (byte) 0xff};
    /**
     * A final block may be followed by others (RFC 7692 section 7.2.3.4). Their number is limited, because each costs a
     * restart.
     */
    private static final int MAX_FINAL_BLOCKS = 16;

    private static final int KEPT_BYTES = 64 * 1024;

    private byte[] kept = new byte[1024];
    private @Nullable Inflater inflater;

    /** The length that zlib, in the worst case, makes of a message of {@code maxMessageBytes}. */
    static int maxDeflatedBytes(int maxMessageBytes) {
        long bound = (long) maxMessageBytes + (maxMessageBytes >> 3) + (maxMessageBytes >> 6) + 64;
        return (int) Math.min(bound, Integer.MAX_VALUE - 64);
    }

    /**
     * The message in {@code bytes[from, to)}.
     *
     * @param limit the longest message
     * @param holder asked before more than {@value #KEPT_BYTES} bytes are taken
     * @throws FrameException as soon as it is longer than a message may be, too large for the node, or not deflate data
     */
    byte[] inflate(byte[] bytes, int from, int to, int limit, FrameHandler holder) throws FrameException {
        Inflater zlib = zlib();
        zlib.setInput(bytes, from, to - from);
        try {
            int length = inflate(zlib, bytes, to, limit, holder);
            return Arrays.copyOf(kept, length);
        } catch (DataFormatException e) {
            throw corrupt();
        } finally {
            zlib.reset();
            if (kept.length > KEPT_BYTES) {
                holder.release(kept.length);
                kept = new byte[KEPT_BYTES];
            }
        }
    }

    private int inflate(Inflater zlib, byte[] bytes, int to, int limit, FrameHandler holder)
            throws DataFormatException, FrameException {
        int length = 0;
        int finals = 0;
        boolean atEnd = false;
        while (true) {
            length += zlib.inflate(kept, length, kept.length - length);
            if (length > limit) {
                throw FrameException.tooBig(limit);
            }
            if (zlib.finished()) {
                int rest = zlib.getRemaining();
                if (rest == 0) {
                    return length;
                }
                if (atEnd || ++finals > MAX_FINAL_BLOCKS) {
                    throw corrupt();
                }
                zlib.reset();
                zlib.setInput(bytes, to - rest, rest);
            } else if (length == kept.length) {
                grow(limit, holder);
            } else if (!atEnd) {
                zlib.setInput(END);
                atEnd = true;
            } else {
                throw corrupt(); // it ends within a block
            }
        }
    }

    /** Makes room for more bytes: at most one more than a message may have. */
    private void grow(int limit, FrameHandler holder) throws FrameException {
        int wanted = (int) Math.min(2L * kept.length, limit + 1L);
        if (wanted > KEPT_BYTES) {
            int held = kept.length > KEPT_BYTES ? kept.length : 0;
            if (!holder.hold(held, wanted - held)) {
                throw FrameException.atCapacity();
            }
        }
        kept = Arrays.copyOf(kept, wanted);
    }

    private static FrameException corrupt() {
        return new FrameException(CloseCode.INVALID_UTF8, "message is not deflate data");
    }

    private Inflater zlib() {
        Inflater made = inflater;
        if (made == null) {
            made = new Inflater(true);
            inflater = made;
        }
        return made;
    }

    /** Frees the native memory. To be called when nothing is inflated any more. */
    @Override
    public void close() {
        if (inflater != null) {
            inflater.end();
        }
    }
}
