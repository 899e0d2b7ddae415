package dev.broadcaster.auth;

import dev.broadcaster.protocol.Digests;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The recently verified tokens, by their SHA-256, so that a client that returns with one costs only a hash. It holds
 * the contents of tokens, not the tokens. A token in this table was signed with a secret of the verifier that holds the
 * table; the caller checks that it has not expired. Safe from any thread.
 *
 * <p>There are two generations: a token that is used again moves to the younger one, and when that is full the older
 * one is dropped. So the last {@value #GENERATION} to twice as many used tokens are known.
 */
final class VerifiedTokens {
    /** An entry takes 300 bytes to 2 kB, depending on the channels in the token: a few megabytes in all, 16 at most. */
    static final int GENERATION = 4_096;
    /** Longer tokens are rare and take more memory. */
    static final int MAX_CHARS = 512;

    private record Generations(Map<ByteBuffer, Identity> young, Map<ByteBuffer, Identity> old) {}

    private volatile Generations generations = new Generations(new ConcurrentHashMap<>(), Map.of());

    /** The key of {@code token} in this table; null if tokens like it are not stored. */
    static @Nullable ByteBuffer key(String token) {
        if (token.length() > MAX_CHARS) {
            return null;
        }
        return ByteBuffer.wrap(Digests.sha256(token.getBytes(StandardCharsets.UTF_8)));
    }

    /** The content of the token, or null if it is unknown. */
    @Nullable
    Identity get(ByteBuffer key) {
        Generations now = generations;
        Identity known = now.young.get(key);
        if (known != null) {
            return known;
        }
        Identity older = now.old.get(key);
        if (older != null) {
            add(key, older);
        }
        return older;
    }

    /** Adds a verified token. */
    void add(ByteBuffer key, Identity identity) {
        Generations now = generations;
        now.young.put(key, identity);
        if (now.young.size() >= GENERATION) {
            synchronized (this) {
                Map<ByteBuffer, Identity> full = generations.young;
                if (full.size() >= GENERATION) {
                    generations = new Generations(new ConcurrentHashMap<>(), full);
                }
            }
        }
    }
}
