package dev.broadcaster.relay;

import dev.broadcaster.message.Publication;
import dev.broadcaster.protocol.Digests;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * Tells whether two publications with one idempotency key are the same. It has 128 bits of SHA-256 over event and
 * payload, because the holder of an API key could make bodies with equal hash codes.
 */
public record Fingerprint(long high, long low) {
    private static final byte[] SEPARATOR = {0}; // no JSON text contains this byte

    public static Fingerprint of(Publication publication) {
        ByteBuffer bits = ByteBuffer.wrap(Digests.sha256(publication.event(), SEPARATOR, publication.payload()));
        return new Fingerprint(bits.getLong(), bits.getLong());
    }

    /** 32 hexadecimal digits. */
    @Override
    public String toString() {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(high) + hex.toHexDigits(low);
    }
}
