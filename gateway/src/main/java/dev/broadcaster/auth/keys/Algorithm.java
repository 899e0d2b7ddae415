package dev.broadcaster.auth.keys;

import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The signatures that a token may have (RFC 7518 section 3.1, RFC 8037 section 3.1). */
public enum Algorithm {
    HS256,
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EDDSA("EdDSA");

    /** All algorithms of an RSA key. */
    static final Set<Algorithm> RSA = Set.copyOf(EnumSet.range(RS256, PS512));

    private final String wireName;

    Algorithm() {
        this.wireName = name();
    }

    Algorithm(String wireName) {
        this.wireName = wireName;
    }

    /** The algorithm named by {@code alg}; null if it is not one of these. Names are case-sensitive. */
    public static @Nullable Algorithm of(@Nullable Object alg) {
        if ("Ed25519".equals(alg)) { // RFC 9864
            return EDDSA;
        }
        for (Algorithm algorithm : values()) {
            if (algorithm.wireName.equals(alg)) {
                return algorithm;
            }
        }
        return null;
    }

    /** The value of {@code alg} in a header. */
    public String wireName() {
        return wireName;
    }
}
