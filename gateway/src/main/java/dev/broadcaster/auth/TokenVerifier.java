package dev.broadcaster.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.util.Base64URL;
import dev.broadcaster.time.Time;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Verifies the tokens of clients by PROTOCOL.md section 5: HS256 with any of the secrets, and every claim has the
 * required type and value. Safe from any thread; never blocks; the cost is linear in the token's length.
 * {@link #replaceSecrets} swaps all secrets at once.
 *
 * <p>nimbus only computes and compares the HMAC: its token parser reads keys and certificates from unsigned headers,
 * and accepts claims of wrong types.
 */
public final class TokenVerifier {

    /** The allowed difference between the clocks of issuer and node. */
    static final long LEEWAY_MILLIS = 30_000;

    static final String AUDIENCE = "broadcaster";
    private static final JWSHeader HS256 = new JWSHeader(JWSAlgorithm.HS256);

    private final Time time;
    private volatile Secrets secrets;
    private volatile String goodHeader = ""; // an issuer writes the same header into each of its tokens

    /** The current secrets, and the tokens that were verified with one of them. */
    private record Secrets(List<MACVerifier> verifiers, VerifiedTokens verified) {}

    /**
     * A verifier for all secrets of the settings.
     *
     * @throws IllegalArgumentException if a secret is missing, empty, or weak without permission
     */
    public TokenVerifier(AuthConfig config, Time time) {
        this.time = time;
        this.secrets = secrets(config);
    }

    /**
     * Replaces the secrets of tokens; identities that were verified before stay.
     *
     * @throws IllegalArgumentException if a secret is missing, empty, or weak without permission; nothing has changed
     *     then
     */
    public void replaceSecrets(AuthConfig config) {
        secrets = secrets(config);
    }

    private static Secrets secrets(AuthConfig config) {
        List<String> problems = config.secretProblems();
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("\n", problems));
        }
        List<MACVerifier> made = new ArrayList<>();
        for (String secret : config.jwtSecrets()) {
            try {
                made.add(new MACVerifier(HmacKey.of(secret)));
            } catch (JOSEException e) {
                throw new IllegalArgumentException("JWT_SECRET: unusable", e);
            }
        }
        return new Secrets(List.copyOf(made), new VerifiedTokens());
    }

    /**
     * The identity in a token, if it is valid now.
     *
     * @throws TokenRejectedException if it is not valid; no text causes another exception
     */
    public Identity verify(String token) throws TokenRejectedException {
        Secrets now = secrets;
        ByteBuffer key = VerifiedTokens.key(token);
        Identity known = key == null ? null : now.verified.get(key);
        if (known != null) {
            requireNotExpired(known.expiresAtMillis());
            return known;
        }
        CompactToken parts = CompactToken.parse(token);
        if (!parts.header().equals(goodHeader)) {
            requireHs256(JsonMap.parse(CompactToken.bytes(parts.header(), "header"), "header"));
            goodHeader = parts.header();
        }
        requireSignature(parts, now.verifiers);
        Identity identity = identity(JsonMap.parse(CompactToken.bytes(parts.claims(), "claims"), "claims"));
        if (key != null) {
            now.verified.add(key, identity);
        }
        return identity;
    }

    private static void requireHs256(JsonMap header) throws TokenRejectedException {
        if (!"HS256".equals(header.get("alg"))) {
            throw new TokenRejectedException("alg: not HS256");
        }
        for (String extension : new String[] {"crit", "b64"}) {
            if (header.has(extension)) {
                throw new TokenRejectedException(extension + ": not supported");
            }
        }
    }

    private static void requireSignature(CompactToken parts, List<MACVerifier> verifiers)
            throws TokenRejectedException {
        CompactToken.requireCanonical(parts.signature(), "signature");
        byte[] signed = parts.signingInput();
        Base64URL signature = new Base64URL(parts.signature());
        for (MACVerifier verifier : verifiers) {
            try {
                if (verifier.verify(HS256, signed, signature)) {
                    return;
                }
            } catch (JOSEException e) {
                throw new IllegalStateException("every Java platform has HmacSHA256", e);
            }
        }
        throw new TokenRejectedException("signature: not made with any of the secrets");
    }

    private Identity identity(JsonMap claims) throws TokenRejectedException {
        long now = time.epochMillis();
        long expiresAt = claims.epochMillis("exp") + LEEWAY_MILLIS;
        requireNotExpired(expiresAt);
        for (String name : new String[] {"iat", "nbf"}) {
            if (claims.has(name) && claims.epochMillis(name) > now + LEEWAY_MILLIS) {
                throw new TokenRejectedException(name + ": in the future");
            }
        }
        requireAudience(claims);
        String subject = claims.nonEmptyString("sub");
        List<String> channels = claims.strings("authorizedChannels");
        if (channels.isEmpty()) {
            throw new TokenRejectedException("authorizedChannels: empty");
        }
        List<String> scope = claims.strings("scope");
        return new Identity(
                subject, ChannelGrants.of(channels), scope.contains("subscribe"), scope.contains("publish"), expiresAt);
    }

    private void requireNotExpired(long expiresAtMillis) throws TokenRejectedException {
        if (time.epochMillis() >= expiresAtMillis) {
            throw new TokenRejectedException("exp: in the past");
        }
    }

    private static void requireAudience(JsonMap claims) throws TokenRejectedException {
        boolean ours = claims.get("aud") instanceof String audience
                ? audience.equals(AUDIENCE)
                : claims.strings("aud").contains(AUDIENCE);
        if (!ours) {
            throw new TokenRejectedException("aud: does not contain " + AUDIENCE);
        }
    }
}
