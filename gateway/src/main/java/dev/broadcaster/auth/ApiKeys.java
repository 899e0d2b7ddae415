package dev.broadcaster.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The API keys of servers that publish over REST (PROTOCOL.md section 6). Immutable; any thread may call.
 */
public final class ApiKeys {

    static final int MAX_HEADER_CHARS = 10_000;
    static final int MAX_KEY_CHARS = 9_000;

    private static final String SCHEME = "Bearer";

    private final List<byte[]> digests;

    public ApiKeys(AuthConfig config) {
        digests = config.apiKeys().stream().map(ApiKeys::sha256).toList();
    }

    /**
     * The index in `API_KEYS` of the key in an `Authorization` header, or -1 if there is none. Takes the same time
     * whichever key matches, or how much of one: digests of equal length are compared, with all keys, to the end.
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
        for (int i = 0; i < digests.size(); i++) {
            match = MessageDigest.isEqual(digests.get(i), digest) ? i : match;
        }
        return match;
    }

    /** How many keys there are. */
    public int count() {
        return digests.size();
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
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
