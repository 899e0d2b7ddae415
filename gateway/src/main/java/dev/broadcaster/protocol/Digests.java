package dev.broadcaster.protocol;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.function.Supplier;

/**
 * Hashes of bytes. Safe from any thread: each thread keeps one digest of each kind, because looking one up among the
 * security providers takes as long as the hash of a short text.
 */
public final class Digests {
    private static final ThreadLocal<MessageDigest> SHA_1 = ThreadLocal.withInitial(of("SHA-1"));
    private static final ThreadLocal<MessageDigest> SHA_256 = ThreadLocal.withInitial(of("SHA-256"));

    private Digests() {}

    /** The SHA-1 of {@code bytes}, 20 bytes; for protocols that require it, never for security. */
    public static byte[] sha1(byte[] bytes) {
        return SHA_1.get().digest(bytes);
    }

    /** The SHA-256 of the concatenated {@code parts}, 32 bytes. */
    public static byte[] sha256(byte[]... parts) {
        MessageDigest digest = SHA_256.get();
        for (byte[] part : parts) {
            digest.update(part);
        }
        return digest.digest();
    }

    private static Supplier<MessageDigest> of(String algorithm) {
        return () -> {
            try {
                return MessageDigest.getInstance(algorithm);
            } catch (NoSuchAlgorithmException e) {
                throw new AssertionError("every Java platform has " + algorithm, e);
            }
        };
    }
}
