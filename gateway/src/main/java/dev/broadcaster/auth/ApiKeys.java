package dev.broadcaster.auth;

import dev.broadcaster.protocol.Digests;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The API keys of servers (PROTOCOL.md section 6), as digests. Safe from any thread. {@link #replaceKeys}
 * swaps all keys at once: a request is checked against either the old or the new keys.
 */
public final class ApiKeys {

    static final int MAX_HEADER_CHARS = 10_000;
    static final int MAX_KEY_CHARS = 9_000;

    private static final String SCHEME = "Bearer";
    private static final int HASH_BYTES = 32;

    private static final class Key {
        final byte[] digest;
        final Match match;

        Key(byte[] digest, Match match) {
            this.digest = digest;
            this.match = match;
        }
    }

    /**
     * The key of a request.
     *
     * @param number small, and constant while the key exists
     * @param scopes its rights
     */
    public record Match(int number, Set<KeyScope> scopes) {}

    private volatile List<Key> keys;

    /**
     * @throws IllegalArgumentException if a key is malformed
     */
    public ApiKeys(AuthConfig config) {
        keys = numbered(config, List.of());
    }

    /**
     * Replaces the keys. A key that existed before keeps its number.
     *
     * @throws IllegalArgumentException if a key is malformed; nothing has changed then
     */
    public synchronized void replaceKeys(AuthConfig config) {
        keys = numbered(config, keys);
    }

    private static List<Key> numbered(AuthConfig config, List<Key> before) {
        List<Key> numbered = new ArrayList<>();
        BitSet taken = new BitSet();
        before.forEach(key -> taken.set(key.match.number));
        for (String text : config.apiKeys()) {
            ApiKey entry = ApiKey.parse(text);
            byte[] digest = digest(entry.key());
            if (digest.length != HASH_BYTES) {
                throw new IllegalArgumentException("API_KEYS: " + ApiKey.HASHED + " without 64 hexadecimal digits");
            }
            int number = Stream.concat(before.stream(), numbered.stream())
                    .filter(key -> MessageDigest.isEqual(key.digest, digest))
                    .mapToInt(key -> key.match.number)
                    .findFirst()
                    .orElseGet(() -> taken.nextClearBit(0));
            taken.set(number);
            numbered.add(new Key(digest, new Match(number, entry.scopes())));
        }
        return List.copyOf(numbered);
    }

    /** True for the hash that {@code printf %s "$KEY" | sha256sum} prints when the variable is not set. */
    static boolean isHashOfNothing(String hashedKey) {
        return MessageDigest.isEqual(digest(hashedKey), sha256(""));
    }

    /** The SHA-256 of {@code key}, or the one that it contains; empty if it is malformed. */
    static byte[] digest(String key) {
        if (!ApiKey.isHashed(key)) {
            return sha256(key);
        }
        String hex = key.substring(ApiKey.HASHED.length());
        try {
            byte[] digest = HexFormat.of().parseHex(hex);
            return digest.length == HASH_BYTES ? digest : new byte[0];
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    /**
     * The key in an `Authorization` header; null if there is none, or an unknown one. Takes the same time whichever key
     * matches, and however much of one matches: digests of equal length are compared with all keys, to the end. When a
     * key is listed twice, the later entry counts.
     */
    public @Nullable Match match(@Nullable String authorizationHeader) {
        if (authorizationHeader == null || !isPlain(authorizationHeader)) {
            return null;
        }
        String header = authorizationHeader.strip();
        int afterScheme = SCHEME.length();
        if (header.length() <= afterScheme
                || !header.regionMatches(true, 0, SCHEME, 0, afterScheme)
                || !isBlank(header.charAt(afterScheme))) {
            return null;
        }
        byte[] digest = sha256(header.substring(afterScheme).strip());
        Match match = null;
        for (Key key : keys) {
            match = MessageDigest.isEqual(key.digest, digest) ? key.match : match;
        }
        return match;
    }

    private static boolean isPlain(String header) {
        if (header.length() > MAX_HEADER_CHARS) {
            return false;
        }
        for (int i = 0; i < header.length(); i++) {
            char c = header.charAt(i);
            if (!isBlank(c) && (c < 0x21 || c > 0x7e)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    private static byte[] sha256(String key) {
        return Digests.sha256(key.getBytes(StandardCharsets.UTF_8));
    }
}
