package dev.broadcaster.auth;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A secret as the key bytes of HS256. */
final class HmacKey {

    /** RFC 7518 section 3.2: a key of the size of the hash output or larger. */
    static final int MIN_BYTES = 32;

    private HmacKey() {}

    /**
     * A short secret is filled with zeros, which nimbus then accepts. HMAC itself fills every key up to the block size
     * with zeros (RFC 2104), so the signatures are those of the short secret.
     */
    static byte[] of(String secret) {
        if (secret.isEmpty()) {
            throw new IllegalArgumentException("secret: empty (expected: at least 1 byte)");
        }
        byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
        return bytes.length >= MIN_BYTES ? bytes : Arrays.copyOf(bytes, MIN_BYTES);
    }
}
