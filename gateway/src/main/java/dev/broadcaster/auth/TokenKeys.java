package dev.broadcaster.auth;

import dev.broadcaster.auth.keys.Algorithm;
import dev.broadcaster.auth.keys.KeySet;
import dev.broadcaster.auth.keys.KeySets;
import dev.broadcaster.auth.keys.PemFile;
import dev.broadcaster.auth.keys.VerificationKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a node, and the selection of those that may have signed a token (PROTOCOL section 12): for HS256 the
 * secrets, whatever else the token contains; otherwise the key set of exactly its issuer, by its {@code kid}; and the
 * public keys of the file if its issuer has no set. Safe from any thread; never blocks.
 */
final class TokenKeys {
    private final KeySets keySets;
    private volatile List<VerificationKey> secrets;
    private volatile List<VerificationKey> publicKeys;

    TokenKeys(AuthConfig config, KeySets keySets) {
        this.keySets = keySets;
        this.secrets = secrets(config);
        this.publicKeys = publicKeys(config);
    }

    private static List<VerificationKey> secrets(AuthConfig config) {
        require(config.tokens().hasKeys() && config.jwtSecrets().isEmpty() ? List.of() : config.secretProblems());
        return config.jwtSecrets().stream()
                .map(secret -> VerificationKey.ofSecret(HmacKey.of(secret)))
                .toList();
    }

    private static List<VerificationKey> publicKeys(AuthConfig config) {
        List<String> blocks = config.tokens().publicKeys();
        require(blocks.isEmpty() ? List.of() : config.tokens().publicKeyProblems());
        return blocks.stream().map(PemFile::key).toList();
    }

    private static void require(List<String> problems) {
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("\n", problems));
        }
    }

    synchronized void replaceSecrets(AuthConfig config) {
        List<VerificationKey> fresh = secrets(config);
        List<VerificationKey> old = secrets;
        secrets = VerificationKey.keepingKnown(fresh, old);
    }

    synchronized void replacePublicKeys(AuthConfig config) {
        List<VerificationKey> fresh = publicKeys(config);
        List<VerificationKey> old = publicKeys;
        publicKeys = VerificationKey.keepingKnown(fresh, old);
    }

    /** True if only HS256 is possible. */
    boolean areSecretsOnly() {
        return publicKeys.isEmpty() && keySets.all().isEmpty();
    }

    KeySets keySets() {
        return keySets;
    }

    /** The reason why no token can be verified; null if some can. */
    @Nullable
    String trouble() {
        return secrets.isEmpty() && publicKeys.isEmpty() ? keySets.trouble() : null;
    }

    /** The secrets. */
    List<VerificationKey> secrets() throws TokenRejectedException {
        List<VerificationKey> now = secrets;
        if (now.isEmpty()) {
            throw new TokenRejectedException("alg: HS256, and this node has no secret");
        }
        return now;
    }

    /**
     * The public keys that may have signed a token.
     *
     * @throws TokenRejectedException if there is none
     * @throws KeyAwaitedException if there may be one, which is being fetched
     */
    List<VerificationKey> publicKeys(JsonMap header, JsonMap claims, Algorithm algorithm)
            throws TokenRejectedException, KeyAwaitedException {
        KeySet set = claims.get("iss") instanceof String issuer ? keySets.of(issuer) : null;
        List<VerificationKey> candidates = set == null ? fromFile() : List.of(fromSet(set, header));
        List<VerificationKey> fitting = new ArrayList<>(candidates.size());
        for (VerificationKey key : candidates) {
            if (key.algorithms().contains(algorithm)) {
                fitting.add(key);
            }
        }
        if (fitting.isEmpty()) {
            throw new TokenRejectedException("alg: not the algorithm of the key");
        }
        return fitting;
    }

    private List<VerificationKey> fromFile() throws TokenRejectedException {
        List<VerificationKey> now = publicKeys;
        if (now.isEmpty()) {
            throw new TokenRejectedException("iss: not an issuer that this node knows");
        }
        return now;
    }

    private static VerificationKey fromSet(KeySet set, JsonMap header)
            throws TokenRejectedException, KeyAwaitedException {
        Object kid = header.get("kid");
        if (kid != null && !(kid instanceof String)) {
            throw new TokenRejectedException("kid: not a string");
        }
        VerificationKey key = set.find((String) kid);
        if (key != null) {
            return key;
        }
        if (kid == null && set.size() > 1) {
            throw new TokenRejectedException("kid: missing, and the issuer has several keys");
        }
        CompletableFuture<Void> answered = set.askForUnknown();
        if (answered != null) {
            throw new KeyAwaitedException(answered);
        }
        key = set.find((String) kid); // the answer may have arrived just now
        if (key == null) {
            throw new TokenRejectedException("kid: not a key of the issuer");
        }
        return key;
    }
}
