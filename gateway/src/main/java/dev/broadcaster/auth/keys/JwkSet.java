package dev.broadcaster.auth.keys;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import dev.broadcaster.protocol.JsonObject;
import dev.broadcaster.protocol.MalformedJsonException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.text.ParseException;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a JWK Set (RFC 7517 section 5). Keys that are not for signatures, symmetric ones, and those of other types,
 * curves or sizes are ignored, and so are ambiguous keys: several with one {@code kid}. Everything else in a key, also
 * certificates and private parts, is ignored.
 */
final class JwkSet {
    /** The name of a key without a {@code kid}; no {@code kid} of a token is equal to it. */
    static final String UNNAMED = "";

    private static final int MAX_KEYS = 1_000;
    private static final int ED25519_BYTES = 32;
    private static final List<String> MEMBERS = List.of("kty", "n", "e", "crv", "x", "y");

    private JwkSet() {}

    /**
     * The usable keys by their {@code kid}; a key without one is under {@link #UNNAMED} if it is the only such key.
     *
     * @throws MalformedJsonException if it is not a JWK Set
     */
    static Map<String, VerificationKey> parse(byte[] json) throws MalformedJsonException {
        if (!(JsonObject.parse(json).get("keys") instanceof List<?> list)) {
            throw new MalformedJsonException("no array keys");
        }
        if (list.size() > MAX_KEYS) {
            throw new MalformedJsonException(list.size() + " keys (expected: <= " + MAX_KEYS + ")");
        }
        Map<String, VerificationKey> keys = new HashMap<>();
        Set<String> ambiguous = new HashSet<>();
        for (Object element : list) {
            if (element instanceof Map<?, ?> members) {
                add(members, keys, ambiguous);
            }
        }
        keys.keySet().removeAll(ambiguous);
        return Map.copyOf(keys);
    }

    private static void add(Map<?, ?> members, Map<String, VerificationKey> keys, Set<String> ambiguous) {
        Object named = members.containsKey("kid") ? members.get("kid") : UNNAMED;
        VerificationKey key = named instanceof String && isForSignatures(members) ? key(members) : null;
        if (key == null || !(named instanceof String kid)) {
            return;
        }
        VerificationKey other = keys.putIfAbsent(kid, key);
        if (other == null) {
            return;
        }
        if (other.hasMaterialOf(key)) { // listed once for each algorithm
            EnumSet<Algorithm> both = EnumSet.copyOf(other.algorithms());
            both.addAll(key.algorithms());
            keys.put(kid, new VerificationKey(key.material(), Set.copyOf(both), key.check()));
        } else {
            ambiguous.add(kid);
        }
    }

    private static boolean isForSignatures(Map<?, ?> members) {
        Object use = members.get("use");
        Object operations = members.get("key_ops");
        return (use == null || use.equals("sig"))
                && (operations == null || (operations instanceof List<?> all && all.contains("verify")));
    }

    private static @Nullable VerificationKey key(Map<?, ?> members) {
        Object alg = members.get("alg");
        Algorithm algorithm = Algorithm.of(alg);
        if ((alg != null && algorithm == null) || algorithm == Algorithm.HS256) {
            return null;
        }
        try {
            PublicKey key = publicKey(members);
            return key == null ? null : PublicKeys.of(key, algorithm);
        } catch (ParseException | JOSEException | GeneralSecurityException | RuntimeException e) {
            return null; // one invalid key does not affect the others
        }
    }

    private static @Nullable PublicKey publicKey(Map<?, ?> members)
            throws ParseException, JOSEException, GeneralSecurityException {
        if ("OKP".equals(members.get("kty"))) {
            return Curve.Ed25519.getName().equals(members.get("crv")) && members.get("x") instanceof String x
                    ? ed25519(Base64.getUrlDecoder().decode(x))
                    : null;
        }
        Map<String, Object> publicMembers = new HashMap<>();
        for (String name : MEMBERS) {
            Object value = members.get(name);
            if (value instanceof String) {
                publicMembers.put(name, value);
            }
        }
        JWK jwk = JWK.parse(publicMembers);
        return jwk instanceof RSAKey rsa ? rsa.toRSAPublicKey() : jwk instanceof ECKey ec ? ec.toECPublicKey() : null;
    }

    /** RFC 8032 section 5.1.2: y in little-endian order, and the lowest bit of x above it. */
    private static PublicKey ed25519(byte[] littleEndian) throws GeneralSecurityException {
        if (littleEndian.length != ED25519_BYTES) {
            throw new GeneralSecurityException("not 32 bytes");
        }
        byte[] y = new byte[ED25519_BYTES];
        for (int i = 0; i < ED25519_BYTES; i++) {
            y[i] = littleEndian[ED25519_BYTES - 1 - i];
        }
        boolean xIsOdd = (y[0] & 0x80) != 0;
        y[0] &= 0x7f;
        return KeyFactory.getInstance("Ed25519")
                .generatePublic(
                        new EdECPublicKeySpec(NamedParameterSpec.ED25519, new EdECPoint(xIsOdd, new BigInteger(1, y))));
    }
}
