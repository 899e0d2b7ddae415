package dev.broadcaster.redis;

import dev.broadcaster.time.Fatal;
import io.lettuce.core.codec.RedisCodec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Keys and topics as Latin-1, values as they are, up to a length that no node sends; an envelope is read at once. A longer
 * value is read as empty: somebody else's 100 MB in a topic of the relay are not worth another copy of them, for which there
 * may be no memory. Safe from any thread.
 */
final class RelayCodec implements RedisCodec<String, Value> {
    private static final Value EMPTY = Value.of(new byte[0]);

    private final int maxBytes;

    RelayCodec(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    @Override
    public String decodeKey(ByteBuffer bytes) {
        return new String(copy(bytes), StandardCharsets.ISO_8859_1);
    }

    @Override
    public Value decodeValue(ByteBuffer bytes) {
        if (bytes.remaining() > maxBytes) {
            return EMPTY;
        }
        try {
            Envelope envelope = Envelope.parse(bytes);
            return envelope == null ? Value.of(copy(bytes)) : Value.of(envelope);
        } catch (Error e) {
            throw Fatal.end(e); // Lettuce would drop the message, or take it for another reply
        }
    }

    @Override
    public ByteBuffer encodeKey(String key) {
        return ByteBuffer.wrap(key.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public ByteBuffer encodeValue(Value value) {
        return ByteBuffer.wrap(value.bytes());
    }

    private static byte[] copy(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }
}
