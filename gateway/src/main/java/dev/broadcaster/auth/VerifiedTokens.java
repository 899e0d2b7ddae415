package dev.broadcaster.auth;

import dev.broadcaster.protocol.Digests;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that were good a while ago, by their SHA-256, so that a client who comes back with one costs a hash and no more.
 * It holds no token, only what was in it. A token that is here was signed with a secret of the verifier that holds this; that it
 * has not expired is for others to see. Safe from any thread.
 *
 * <p>There are two generations: a token that is used again moves to the younger one, and when that is full the older one is
 * forgotten. So between {@value #GENERATION} and twice as many of those used last are known.
 */
final class VerifiedTokens {
    /** An entry takes 300 bytes to 2 kB, by the channels in the token: a few megabytes in all, 16 at worst. */
    static final int GENERATION = 4_096;
    /** Longer ones are rare and hold the more. */
    static final int MAX_CHARS = 512;

    private record Generations(Map<ByteBuffer, Identity> young, Map<ByteBuffer, Identity> old) {}

    private volatile Generations generations = new Generations(new ConcurrentHashMap<>(), Map.of());

    /** What names {@code token} here; null if it is one that is not remembered. */
    static @Nullable ByteBuffer key(String token) {
        if (token.length() > MAX_CHARS) {
            return null;
        }
        return ByteBuffer.wrap(Digests.sha256(token.getBytes(StandardCharsets.UTF_8)));
    }

    /** What was in the token, or null if it is not known. */
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

    /** Remembers a token that has been verified. */
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
