package dev.broadcaster.relay;

import dev.broadcaster.message.Publication;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Tells whether two publications with one idempotency key are the same: 128 bits of SHA-256 over event and payload, because
 * whoever holds a key to publish could make bodies of equal hash code.
 */
public record Fingerprint(long high, long low) {
    public static Fingerprint of(Publication publication) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
        digest.update(publication.event());
        digest.update((byte) 0); // no JSON text holds one
        ByteBuffer bits = ByteBuffer.wrap(digest.digest(publication.payload()));
        return new Fingerprint(bits.getLong(), bits.getLong());
    }

    /** 32 hexadecimal digits. */
    @Override
    public String toString() {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(high) + hex.toHexDigits(low);
    }
}
