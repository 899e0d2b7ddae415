package dev.broadcaster.auth.keys;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.Base64;

/** A key pair of an identity provider; the JDK signs the tokens, independently of the library under test. */
public final class SigningKey {
    private final KeyPair pair;
    private final String kid;

    private SigningKey(KeyPair pair, String kid) {
        this.pair = pair;
        this.kid = kid;
    }

    public static SigningKey rsa(int bits, String kid) {
        return new SigningKey(pair("RSA", new RSAKeyGenParameterSpec(bits, RSAKeyGenParameterSpec.F4)), kid);
    }

    /**
     * A key of a curve.
     *
     * @param curve {@code secp256r1}, {@code secp384r1} or {@code secp521r1}
     */
    public static SigningKey ec(String curve, String kid) {
        return new SigningKey(pair("EC", new ECGenParameterSpec(curve)), kid);
    }

    public static SigningKey ed25519(String kid) {
        return new SigningKey(pair("Ed25519", null), kid);
    }

    private static KeyPair pair(String type, AlgorithmParameterSpec parameters) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(type);
            if (parameters != null) {
                generator.initialize(parameters);
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** The same key under another name. */
    public SigningKey named(String otherKid) {
        return new SigningKey(pair, otherKid);
    }

    public byte[] encodedPublicKey() {
        return pair.getPublic().getEncoded();
    }

    /** PEM. */
    public String pem() {
        return "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(encodedPublicKey())
                + "\n-----END PUBLIC KEY-----\n";
    }

    /** PEM, of the private key. */
    public String privatePem() {
        return "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(pair.getPrivate().getEncoded())
                + "\n-----END PRIVATE KEY-----\n";
    }

    /** A JSON object: the key, its {@code kid}, and {@code more} members, such as {@code "use":"sig"}. */
    public String jwk(String... more) {
        StringBuilder json = new StringBuilder("{").append(material());
        if (!kid.isEmpty()) {
            json.append(",\"kid\":\"").append(kid).append('"');
        }
        for (String member : more) {
            json.append(',').append(member);
        }
        return json.append('}').toString();
    }

    private String material() {
        if (pair.getPublic() instanceof RSAPublicKey rsa) {
            return "\"kty\":\"RSA\",\"n\":\"" + base64(unsigned(rsa.getModulus(), 0)) + "\",\"e\":\""
                    + base64(unsigned(rsa.getPublicExponent(), 0)) + "\"";
        }
        if (pair.getPublic() instanceof ECPublicKey ec) {
            int bits = ec.getParams().getCurve().getField().getFieldSize();
            int bytes = (bits + 7) / 8;
            return "\"kty\":\"EC\",\"crv\":\"P-" + bits + "\",\"x\":\""
                    + base64(unsigned(ec.getW().getAffineX(), bytes)) + "\",\"y\":\""
                    + base64(unsigned(ec.getW().getAffineY(), bytes)) + "\"";
        }
        byte[] encoded = ((EdECPublicKey) pair.getPublic()).getEncoded();
        byte[] raw = java.util.Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
        return "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + base64(raw) + "\"";
    }

    private static byte[] unsigned(BigInteger number, int length) {
        byte[] bytes = number.toByteArray();
        int from = bytes[0] == 0 && bytes.length > 1 ? 1 : 0;
        byte[] unsigned = new byte[Math.max(length, bytes.length - from)];
        System.arraycopy(bytes, from, unsigned, unsigned.length - (bytes.length - from), bytes.length - from);
        return unsigned;
    }

    /** A token with this key's {@code kid}. */
    public String token(String alg, String claims) {
        return signed(alg, "{\"alg\":\"" + alg + "\",\"kid\":\"" + kid + "\"}", claims);
    }

    /** A token with any header, signed with {@code alg}. */
    public String signed(String alg, String header, String claims) {
        String input = base64(header.getBytes(UTF_8)) + "." + base64(claims.getBytes(UTF_8));
        return input + "." + base64(signature(alg, input.getBytes(UTF_8)));
    }

    private byte[] signature(String alg, byte[] input) {
        try {
            Signature signature = jca(alg);
            signature.initSign(pair.getPrivate());
            signature.update(input);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static Signature jca(String alg) throws GeneralSecurityException {
        String hash = alg.equals("EdDSA") ? "" : alg.substring(2);
        switch (alg.substring(0, 2)) {
            case "RS":
                return Signature.getInstance("SHA" + hash + "withRSA");
            case "ES":
                return Signature.getInstance("SHA" + hash + "withECDSAinP1363Format");
            case "PS":
                Signature pss = Signature.getInstance("RSASSA-PSS");
                String name = "SHA-" + hash;
                pss.setParameter(
                        new PSSParameterSpec(name, "MGF1", new MGF1ParameterSpec(name), Integer.parseInt(hash) / 8, 1));
                return pss;
            default:
                return Signature.getInstance("Ed25519");
        }
    }

    /** A JWK Set of these keys, which are JSON objects. */
    public static String set(String... jwks) {
        return "{\"keys\":[" + String.join(",", jwks) + "]}";
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
