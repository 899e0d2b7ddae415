package dev.broadcaster.redis;

import io.lettuce.core.codec.ByteArrayCodec;
import java.nio.ByteBuffer;

/**
 * Values as they are, up to a length that no node sends. A longer one is read as empty: somebody else's 100 MB in a topic of
 * the relay are not worth another copy of them, for which there may be no memory. Safe from any thread.
 */
final class LimitedBytesCodec extends ByteArrayCodec {
    private static final byte[] EMPTY = {};

    private final int maxBytes;

    LimitedBytesCodec(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    @Override
    public byte[] decodeValue(ByteBuffer bytes) {
        return bytes != null && bytes.remaining() > maxBytes ? EMPTY : super.decodeValue(bytes);
    }
}
