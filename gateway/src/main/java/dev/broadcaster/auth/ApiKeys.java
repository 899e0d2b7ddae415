package dev.broadcaster.auth;

import dev.broadcaster.protocol.Digests;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The API keys of servers that publish over REST (PROTOCOL.md section 6). Safe from any thread. {@link #replaceKeys}
 * swaps all keys at once: a request is checked against either the old or the new keys.
 */
public final class ApiKeys {

    static final int MAX_HEADER_CHARS = 10_000;
    static final int MAX_KEY_CHARS = 9_000;

    private static final String SCHEME = "Bearer";
    private static final String HASHED = "sha256:";
    private static final int HASH_BYTES = 32;

    private static final class Key {
        final byte[] digest;
        final int number;

        Key(byte[] digest, int number) {
            this.digest = digest;
            this.number = number;
        }
    }

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
        before.forEach(key -> taken.set(key.number));
        for (String text : config.apiKeys()) {
            byte[] digest = digest(text);
            if (digest.length != HASH_BYTES) {
                throw new IllegalArgumentException("API_KEYS: " + HASHED + " without 64 hexadecimal digits");
            }
            int number = before.stream()
                    .filter(key -> MessageDigest.isEqual(key.digest, digest))
                    .mapToInt(key -> key.number)
                    .findFirst()
                    .orElseGet(() -> taken.nextClearBit(0));
            taken.set(number);
            numbered.add(new Key(digest, number));
        }
        return List.copyOf(numbered);
    }

    /** True if {@code key} is the hash of a key. */
    public static boolean isHashed(String key) {
        return key.startsWith(HASHED);
    }

    /** The SHA-256 of {@code key}, or the one that it contains; empty if it is malformed. */
    static byte[] digest(String key) {
        if (!isHashed(key)) {
            return sha256(key);
        }
        String hex = key.substring(HASHED.length());
        try {
            byte[] digest = HexFormat.of().parseHex(hex);
            return digest.length == HASH_BYTES ? digest : new byte[0];
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    /**
     * The number of the key in an `Authorization` header, or -1 if there is none: small, and constant while the key
     * exists. Takes the same time whichever key matches, and however much of one matches: digests of equal length are
     * compared with all keys, to the end.
     */
    public int match(@Nullable String authorizationHeader) {
        if (authorizationHeader == null || !isPlain(authorizationHeader)) {
            return -1;
        }
        String header = authorizationHeader.strip();
        int afterScheme = SCHEME.length();
        if (header.length() <= afterScheme
                || !header.regionMatches(true, 0, SCHEME, 0, afterScheme)
                || !isBlank(header.charAt(afterScheme))) {
            return -1;
        }
        byte[] digest = sha256(header.substring(afterScheme).strip());
        int match = -1;
        for (Key key : keys) {
            match = MessageDigest.isEqual(key.digest, digest) ? key.number : match;
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
