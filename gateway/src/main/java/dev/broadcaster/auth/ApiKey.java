package dev.broadcaster.auth;

import java.util.EnumSet;
import java.util.Set;

/**
 * An entry of {@code API_KEYS}: a key, and after the last {@code =} its scopes, separated by {@code +}, if that text is
 * a list of known scopes (PROTOCOL section 6). Otherwise the whole entry is the key, which may publish and read.
 *
 * @param key the key that clients send; or {@code sha256:} and the digits of its hash
 */
public record ApiKey(String key, Set<KeyScope> scopes) {
    static final String HASHED = "sha256:";

    private static final Set<KeyScope> PLAIN = Set.of(KeyScope.PUBLISH, KeyScope.READ);

    /** Reads an entry; every text is valid. */
    public static ApiKey parse(String entry) {
        int equals = entry.lastIndexOf('=');
        if (equals < 0) {
            return new ApiKey(entry, PLAIN);
        }
        EnumSet<KeyScope> scopes = EnumSet.noneOf(KeyScope.class);
        for (String name : entry.substring(equals + 1).split("\\+", -1)) {
            KeyScope scope = KeyScope.of(name);
            if (scope == null) {
                return new ApiKey(entry, PLAIN);
            }
            scopes.add(scope);
        }
        return new ApiKey(entry.substring(0, equals), Set.copyOf(scopes));
    }

    /** True if only the hash of the key is known. */
    public boolean isHashed() {
        return isHashed(key);
    }

    static boolean isHashed(String key) {
        return key.startsWith(HASHED);
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "ApiKey[scopes=" + scopes + "]";
    }
}
