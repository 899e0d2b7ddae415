package dev.broadcaster.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACSigner;
import dev.broadcaster.time.Time;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes tokens that {@link TokenVerifier} accepts, for the command line and for development. Immutable; safe from any
 * thread.
 */
public final class TokenMinter {

    private static final JWSHeader HEADER =
            new JWSHeader.Builder(JWSAlgorithm.HS256).type(JOSEObjectType.JWT).build();

    /** The longest lifetime of its tokens. */
    public static final Duration LONGEST = Duration.ofDays(36_500);

    private final MACSigner signer;
    private final String audience;
    private final Time time;

    /**
     * A minter that signs with one secret; a short one is accepted.
     *
     * @throws IllegalArgumentException if the secret is empty
     */
    public TokenMinter(String secret, Time time) {
        this(secret, TokenConfig.AUDIENCE, time);
    }

    /** Like {@link #TokenMinter(String, Time)}, for a node that expects another {@code aud}. */
    public TokenMinter(String secret, String audience, Time time) {
        this.time = time;
        this.audience = audience;
        try {
            signer = new MACSigner(HmacKey.of(secret));
        } catch (JOSEException e) {
            throw new IllegalArgumentException("secret: unusable", e);
        }
    }

    /**
     * A compact JWT that is valid from now on.
     *
     * @param channels names, `prefix:*` or `*`
     * @param scopes of `subscribe` and `publish`
     * @param lifetime rounded up to whole seconds
     * @throws IllegalArgumentException if the verifier would not accept the token
     */
    public String mint(String subject, Collection<String> channels, Collection<String> scopes, Duration lifetime) {
        if (subject.isEmpty()) {
            throw new IllegalArgumentException("subject: empty (expected: at least 1 character)");
        }
        if (channels.isEmpty()) {
            throw new IllegalArgumentException("channels: none (expected: at least 1)");
        }
        if (lifetime.isNegative() || lifetime.isZero() || lifetime.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("lifetime: " + lifetime + " (expected: > 0 and <= " + LONGEST + ")");
        }
        long issuedAt = Math.floorDiv(time.epochMillis(), 1_000);
        Map<String, Object> claims = new LinkedHashMap<>();
        claims.put("aud", audience);
        claims.put("sub", subject);
        claims.put("iat", issuedAt);
        claims.put("exp", issuedAt + lifetime.plusNanos(999_999_999).toSeconds());
        claims.put("authorizedChannels", List.copyOf(channels));
        claims.put("scope", List.copyOf(scopes));
        String token = signed(claims);
        if (token.length() > CompactToken.MAX_CHARS) {
            throw new IllegalArgumentException(
                    "token: " + token.length() + " characters (expected: <= " + CompactToken.MAX_CHARS + ")");
        }
        return token;
    }

    private String signed(Map<String, Object> claims) {
        JWSObject token = new JWSObject(HEADER, new Payload(claims));
        try {
            token.sign(signer);
        } catch (JOSEException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
        return token.serialize();
    }
}
