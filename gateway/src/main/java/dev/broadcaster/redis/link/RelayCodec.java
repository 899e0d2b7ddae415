package dev.broadcaster.redis.link;

import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.time.Fatal;
import io.lettuce.core.codec.RedisCodec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Reads keys and topics as Latin-1, and a value as an {@link Envelope}, or as its bytes if it is not one. A value that
 * is longer than any value of a node is read as empty bytes: memory may not suffice for a copy of 100 MB that a
 * stranger has published to a topic of the relay. Safe from any thread.
 */
final class RelayCodec implements RedisCodec<String, Object> {
    private static final byte[] EMPTY = {};

    private final int maxBytes;

    RelayCodec(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    @Override
    public String decodeKey(ByteBuffer bytes) {
        return new String(copy(bytes), StandardCharsets.ISO_8859_1);
    }

    @Override
    public Object decodeValue(ByteBuffer bytes) {
        if (bytes.remaining() > maxBytes) {
            return EMPTY;
        }
        try {
            Envelope envelope = Envelope.parse(bytes);
            return envelope == null ? copy(bytes) : envelope;
        } catch (Error e) {
            throw Fatal.end(e); // Lettuce would drop the message, or take it for another reply
        }
    }

    @Override
    public ByteBuffer encodeKey(String key) {
        return ByteBuffer.wrap(key.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public ByteBuffer encodeValue(Object value) {
        return ByteBuffer.wrap((byte[]) value);
    }

    private static byte[] copy(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }
}
