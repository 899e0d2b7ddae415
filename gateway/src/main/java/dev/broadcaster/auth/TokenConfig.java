package dev.broadcaster.auth;

import dev.broadcaster.auth.keys.Issuer;
import dev.broadcaster.auth.keys.PemFile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The accepted keys and claims of tokens, besides the secrets (PROTOCOL section 12).
 *
 * @param issuers identity providers with their key sets
 * @param publicKeys PEM blocks
 * @param audiences a token's {@code aud} must contain one of them
 * @param grants the channels of every valid token
 * @param maxLife the longest time from {@code iat} to {@code exp}; zero for any, {@link Revocations#MAX_LIFE} at most
 */
public record TokenConfig(
        List<Issuer> issuers, List<String> publicKeys, List<String> audiences, Grants grants, Duration maxLife) {
    static final String AUDIENCE = "broadcaster";

    /** The values when nothing is set. */
    public static final TokenConfig DEFAULT = new TokenConfig(List.of(), List.of(), List.of(AUDIENCE), Grants.NONE);

    public TokenConfig {
        issuers = List.copyOf(issuers);
        publicKeys = List.copyOf(publicKeys);
        audiences = List.copyOf(audiences);
    }

    /** Tokens of any life. */
    public TokenConfig(List<Issuer> issuers, List<String> publicKeys, List<String> audiences, Grants grants) {
        this(issuers, publicKeys, audiences, grants, Duration.ZERO);
    }

    TokenConfig withPublicKeys(List<String> blocks) {
        return new TokenConfig(issuers, blocks, audiences, grants, maxLife);
    }

    /** True if it has keys that verify tokens, so that no secret is needed. */
    boolean hasKeys() {
        return !issuers.isEmpty() || !publicKeys.isEmpty();
    }

    /** The problems of the public keys, one line each. */
    public List<String> publicKeyProblems() {
        List<String> problems = new ArrayList<>();
        if (publicKeys.isEmpty()) {
            problems.add("JWT_PUBLIC_KEY_FILE: no public key in it (expected: PEM, -----BEGIN PUBLIC KEY-----)");
        }
        for (int i = 0; i < publicKeys.size(); i++) {
            try {
                PemFile.key(publicKeys.get(i));
            } catch (IllegalArgumentException e) {
                problems.add("JWT_PUBLIC_KEY_FILE: key " + (i + 1) + " of " + publicKeys.size() + " " + e.getMessage());
            }
        }
        return problems;
    }
}
