package dev.broadcaster.auth;

import dev.broadcaster.auth.keys.Algorithm;
import dev.broadcaster.auth.keys.KeySets;
import dev.broadcaster.auth.keys.VerificationKey;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Verifies the tokens of clients by PROTOCOL.md sections 5 and 12: one of the node's keys has signed the token, and every
 * claim has the required type and value. Safe from any thread; never blocks; the cost is linear in the token's length.
 *
 * <p>Keys, certificates and addresses in a header ({@code jwk}, {@code x5c}, {@code jku}, {@code x5u}) are ignored. nimbus
 * only verifies signatures: its token parser reads keys and certificates from unsigned headers, and accepts claims of
 * wrong types.
 */
public final class TokenVerifier implements AutoCloseable {

    /** The allowed difference between the clocks of issuer and node. */
    static final long LEEWAY_MILLIS = 30_000;

    private final Time time;
    private final TokenKeys keys;
    private final List<String> audiences;
    private final Grants grants;
    private final Duration maxLife; // zero = tokens may have any life
    private final Revocations revocations;
    private final VerifiedTokens verified = new VerifiedTokens();

    /**
     * A verifier for all keys of the settings.
     *
     * @throws IllegalArgumentException if a secret or key is missing, empty, or weak without permission
     */
    public TokenVerifier(AuthConfig config, KeySets keySets, Time time) {
        this.time = time;
        this.keys = new TokenKeys(config, keySets);
        this.audiences = config.tokens().audiences();
        this.grants = config.tokens().grants();
        this.maxLife = config.tokens().maxLife();
        this.revocations = new Revocations(time, maxLife.isZero() ? Revocations.MAX_LIFE : maxLife);
    }

    /** Like {@link #TokenVerifier(AuthConfig, KeySets, Time)}, for settings without issuers. */
    public TokenVerifier(AuthConfig config, Time time) {
        this(config, KeySets.none(), time);
    }

    /** A verifier for all keys of the settings; it fetches key sets when {@link #start} has been called. */
    public static TokenVerifier withKeySets(AuthConfig config, TimingWheel wheel, Time time, Metrics metrics) {
        return new TokenVerifier(config, KeySets.overHttp(config.tokens().issuers(), wheel, time, metrics), time);
    }

    /** Starts to fetch key sets, if there are issuers. */
    public void start() {
        keys.keySets().start();
    }

    @Override
    public void close() {
        keys.keySets().close();
    }

    /**
     * Replaces the secrets of tokens; identities that were verified before stay.
     *
     * @throws IllegalArgumentException if a secret is missing, empty, or weak without permission; nothing has changed
     *     then
     */
    public void replaceSecrets(AuthConfig config) {
        keys.replaceSecrets(config);
    }

    /**
     * Replaces the public keys of the file; identities that were verified before stay.
     *
     * @throws IllegalArgumentException if one is not a usable key; nothing has changed then
     */
    public void replacePublicKeys(AuthConfig config) {
        keys.replacePublicKeys(config);
    }

    /**
     * The reason why no token can be verified: no key set was ever fetched, and there is no other key; null if some
     * can.
     */
    public @Nullable String trouble() {
        return keys.trouble();
    }

    /** The users whose tokens are refused, and until when they were issued. */
    public Revocations revocations() {
        return revocations;
    }

    TokenKeys keys() {
        return keys;
    }

    Grants grants() {
        return grants;
    }

    /**
     * The identity in a token, if it is valid now.
     *
     * @throws TokenRejectedException if it is not valid; no text causes another exception
     * @throws KeyAwaitedException if its key is being fetched; the token is not judged yet
     */
    public Identity verify(String token) throws TokenRejectedException, KeyAwaitedException {
        ByteBuffer hash = VerifiedTokens.key(token);
        Identity known = hash == null ? null : verified.get(hash);
        if (known != null) {
            requireNotExpired(known.expiresAtMillis());
            requireNotRevoked(known);
            return known;
        }
        CompactToken parts = CompactToken.parse(token);
        JsonMap header = JsonMap.parse(CompactToken.bytes(parts.header(), "header"), "header");
        Algorithm algorithm = algorithm(header);
        Identity identity;
        VerificationKey signer;
        if (algorithm == Algorithm.HS256) {
            signer = signer(parts, keys.secrets(), algorithm);
            identity = identity(claims(parts), false);
        } else {
            JsonMap claims = claims(parts); // not verified: used only to select the key
            signer = signer(parts, keys.publicKeys(header, claims, algorithm), algorithm);
            identity = identity(claims, true);
        }
        requireNotRevoked(identity);
        if (hash != null) {
            verified.add(hash, identity, signer);
        }
        return identity;
    }

    /** The algorithm of a header that requires no further features. */
    Algorithm algorithm(JsonMap header) throws TokenRejectedException {
        Algorithm algorithm = Algorithm.of(header.get("alg"));
        if (keys.areSecretsOnly() && algorithm != Algorithm.HS256) {
            throw new TokenRejectedException("alg: not HS256");
        }
        if (algorithm == null) {
            throw new TokenRejectedException("alg: not one that this node takes");
        }
        for (String extension : new String[] {"crit", "b64"}) {
            if (header.has(extension)) {
                throw new TokenRejectedException(extension + ": not supported");
            }
        }
        return algorithm;
    }

    static JsonMap claims(CompactToken parts) throws TokenRejectedException {
        return JsonMap.parse(CompactToken.bytes(parts.claims(), "claims"), "claims");
    }

    static VerificationKey signer(CompactToken parts, List<VerificationKey> candidates, Algorithm algorithm)
            throws TokenRejectedException {
        CompactToken.requireCanonical(parts.signature(), "signature");
        byte[] signed = parts.signingInput();
        for (VerificationKey key : candidates) {
            if (key.hasSigned(signed, parts.signature(), algorithm)) {
                return key;
            }
        }
        throw new TokenRejectedException(
                "signature: not made with " + (algorithm == Algorithm.HS256 ? "any of the secrets" : "the key"));
    }

    /**
     * @param ofIssuer true if it was not signed by our own servers
     */
    Identity identity(JsonMap claims, boolean ofIssuer) throws TokenRejectedException {
        long now = time.epochMillis();
        long expiresAt = claims.epochMillis("exp") + LEEWAY_MILLIS;
        requireNotExpired(expiresAt);
        for (String name : new String[] {"iat", "nbf"}) {
            if (claims.has(name) && claims.epochMillis(name) > now + LEEWAY_MILLIS) {
                throw new TokenRejectedException(name + ": in the future");
            }
        }
        long issuedAt = claims.has("iat") ? claims.epochMillis("iat") : Identity.NOT_DATED;
        requireLife(expiresAt - LEEWAY_MILLIS, issuedAt, now);
        requireAudience(claims);
        String subject = claims.nonEmptyString("sub");
        List<String> channels = channels(claims);
        List<String> scope = scope(claims, ofIssuer);
        if (grants.isEmpty()) {
            ChannelGrants listed = ChannelGrants.of(channels);
            return new Identity(
                    subject,
                    scope.contains("subscribe") ? listed : ChannelGrants.NOTHING,
                    scope.contains("publish") ? listed : ChannelGrants.NOTHING,
                    expiresAt,
                    issuedAt);
        }
        List<String> subscribable = new ArrayList<>(scope.contains("subscribe") ? channels : List.of());
        List<String> publishable = new ArrayList<>(scope.contains("publish") ? channels : List.of());
        grants.addTo(subscribable, publishable, claims);
        ChannelGrants toSubscribe = ChannelGrants.of(subscribable);
        return new Identity(
                subject,
                toSubscribe,
                subscribable.equals(publishable) ? toSubscribe : ChannelGrants.of(publishable),
                expiresAt,
                issuedAt);
    }

    private List<String> channels(JsonMap claims) throws TokenRejectedException {
        if (!grants.isEmpty() && !claims.has("authorizedChannels")) {
            return List.of();
        }
        List<String> channels = claims.strings("authorizedChannels");
        if (channels.isEmpty()) {
            throw new TokenRejectedException("authorizedChannels: empty");
        }
        return channels;
    }

    private List<String> scope(JsonMap claims, boolean ofIssuer) throws TokenRejectedException {
        // OAuth's scope is a string (RFC 8693 section 4.2), with another meaning.
        boolean isOurs = claims.has("scope") && !(ofIssuer && claims.get("scope") instanceof String);
        return !isOurs && !grants.isEmpty() ? List.of() : claims.strings("scope");
    }

    private void requireNotExpired(long expiresAtMillis) throws TokenRejectedException {
        if (time.epochMillis() >= expiresAtMillis) {
            throw new TokenRejectedException("exp: in the past");
        }
    }

    /** A token that outlives its revocation would be valid again. */
    private void requireLife(long expMillis, long issuedAtMillis, long nowMillis) throws TokenRejectedException {
        long begin = issuedAtMillis == Identity.NOT_DATED ? nowMillis : issuedAtMillis;
        if (!maxLife.isZero() && expMillis - begin > maxLife.toMillis()) {
            throw new TokenRejectedException("exp: more than MAX_TOKEN_LIFE after iat");
        }
    }

    private void requireNotRevoked(Identity identity) throws TokenRejectedException {
        if (revocations.covering(identity) != null) {
            throw new TokenRejectedException("sub: the access of this user was revoked after the token was issued");
        }
    }

    private void requireAudience(JsonMap claims) throws TokenRejectedException {
        boolean ours = claims.get("aud") instanceof String audience
                ? audiences.contains(audience)
                : claims.strings("aud").stream().anyMatch(audiences::contains);
        if (!ours) {
            throw new TokenRejectedException("aud: does not contain " + String.join(" or ", audiences));
        }
    }
}
