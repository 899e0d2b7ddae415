package dev.broadcaster.auth.keys;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.util.Base64URL;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A key with its algorithms: these belong to the key, and a token can only name one of them. Safe from any thread. A
 * key that was removed from its file or key set is gone permanently, and tokens that it has verified are no longer
 * known.
 */
public final class VerificationKey {
    /** Verifies one signature, which is base64url. */
    interface Check {
        boolean verify(Algorithm algorithm, byte[] signed, String signature);
    }

    /** The headers that nimbus reads the algorithm from. */
    private static final Map<Algorithm, JWSHeader> HEADERS = Arrays.stream(Algorithm.values())
            .collect(Collectors.toUnmodifiableMap(
                    algorithm -> algorithm, algorithm -> new JWSHeader(JWSAlgorithm.parse(algorithm.wireName()))));

    private final byte[] material;
    private final Set<Algorithm> algorithms;
    private final Check check;
    private volatile boolean gone;

    VerificationKey(byte[] material, Set<Algorithm> algorithms, Check check) {
        this.material = material;
        this.algorithms = algorithms;
        this.check = check;
    }

    /**
     * A secret for HS256.
     *
     * @throws IllegalArgumentException if it is shorter than 32 bytes
     */
    public static VerificationKey ofSecret(byte[] secret) {
        try {
            return new VerificationKey(secret, Set.of(Algorithm.HS256), nimbus(new MACVerifier(secret)));
        } catch (JOSEException e) {
            throw new IllegalArgumentException("JWT_SECRET: unusable", e);
        }
    }

    static Check nimbus(JWSVerifier verifier) {
        return (algorithm, signed, signature) -> {
            try {
                return verifier.verify(HEADERS.get(algorithm), signed, new Base64URL(signature));
            } catch (JOSEException e) {
                return false;
            }
        };
    }

    /**
     * True if it has made {@code signature}, which is base64url, with {@code algorithm}; false if the algorithm is not
     * one of its own.
     */
    public boolean hasSigned(byte[] signed, String signature, Algorithm algorithm) {
        return algorithms.contains(algorithm) && check.verify(algorithm, signed, signature);
    }

    /** The algorithms of the key. */
    public Set<Algorithm> algorithms() {
        return algorithms;
    }

    /** True if it was removed from its source. */
    public boolean isGone() {
        return gone;
    }

    /** Marks it as removed. */
    void remove() {
        gone = true;
    }

    /**
     * The keys of {@code fresh}; those that {@code old} has too remain the same objects, so that tokens that they have
     * verified stay known. The others of {@code old} are gone.
     */
    public static List<VerificationKey> keepingKnown(List<VerificationKey> fresh, List<VerificationKey> old) {
        List<VerificationKey> kept = fresh.stream()
                .map(key -> old.stream().filter(key::isSameAs).findFirst().orElse(key))
                .toList();
        old.stream().filter(key -> !kept.contains(key)).forEach(key -> key.gone = true);
        return kept;
    }

    /** True if both are the same key for the same algorithms. */
    boolean isSameAs(VerificationKey other) {
        return hasMaterialOf(other) && algorithms.equals(other.algorithms);
    }

    /** True if both are the same key, for any algorithms. */
    boolean hasMaterialOf(VerificationKey other) {
        return Arrays.equals(material, other.material);
    }

    byte[] material() {
        return material;
    }

    Check check() {
        return check;
    }
}
