package dev.broadcaster.auth.keys;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.NamedParameterSpec;
import java.util.Base64;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Public keys of the types and sizes that may verify tokens. */
final class PublicKeys {
    static final String EXPECTED = "expected: RSA of 2048 to 16384 bits, EC P-256 or P-384, or Ed25519";

    private static final int MIN_RSA_BITS = 2_048;
    private static final int MAX_RSA_BITS = 16_384;

    private PublicKeys() {}

    /**
     * A key for the algorithms of its type, or for its only intended one.
     *
     * @param only the algorithm that the key's owner names; null if none is named
     * @throws IllegalArgumentException if the key may not verify tokens; the message states why
     */
    static VerificationKey of(PublicKey key, @Nullable Algorithm only) {
        if (key instanceof RSAPublicKey rsa) {
            return rsa(rsa, only);
        }
        if (key instanceof ECPublicKey ec) {
            return ec(ec, only);
        }
        if (key instanceof EdECPublicKey ed && ed.getParams().getName().equals(NamedParameterSpec.ED25519.getName())) {
            return new VerificationKey(
                    ed.getEncoded(),
                    narrowed(Set.of(Algorithm.EDDSA), only),
                    (algorithm, signed, signature) -> isEd25519(ed, signed, signature));
        }
        throw new IllegalArgumentException("a key of another type (" + EXPECTED + ")");
    }

    private static VerificationKey rsa(RSAPublicKey key, @Nullable Algorithm only) {
        int bits = key.getModulus().bitLength();
        if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) {
            throw new IllegalArgumentException("an RSA key of " + bits + " bits (" + EXPECTED + ")");
        }
        return new VerificationKey(
                key.getEncoded(), narrowed(Algorithm.RSA, only), VerificationKey.nimbus(new RSASSAVerifier(key)));
    }

    private static VerificationKey ec(ECPublicKey key, @Nullable Algorithm only) {
        Curve curve = Curve.forECParameterSpec(key.getParams());
        Algorithm algorithm =
                Curve.P_256.equals(curve) ? Algorithm.ES256 : Curve.P_384.equals(curve) ? Algorithm.ES384 : null;
        if (algorithm == null) {
            throw new IllegalArgumentException("an EC key of another curve (" + EXPECTED + ")");
        }
        try {
            return new VerificationKey(
                    key.getEncoded(),
                    narrowed(Set.of(algorithm), only),
                    VerificationKey.nimbus(new ECDSAVerifier(key)));
        } catch (JOSEException e) {
            throw new IllegalArgumentException("an EC key that is no point of its curve", e);
        }
    }

    private static Set<Algorithm> narrowed(Set<Algorithm> ofType, @Nullable Algorithm only) {
        if (only == null) {
            return ofType;
        }
        if (!ofType.contains(only)) {
            throw new IllegalArgumentException("a key for an algorithm of another type");
        }
        return Set.of(only);
    }

    private static boolean isEd25519(EdECPublicKey key, byte[] signed, String signature) {
        try {
            Signature ed25519 = Signature.getInstance("Ed25519");
            ed25519.initVerify(key);
            ed25519.update(signed);
            return ed25519.verify(Base64.getUrlDecoder().decode(signature));
        } catch (GeneralSecurityException e) {
            return false; // not the length of a signature, or numbers out of range
        }
    }
}
