package dev.broadcaster.auth;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The secrets of a node.
 *
 * @param jwtSecrets each of them verifies tokens, so that a secret can be rotated; used as their UTF-8 bytes
 * @param weakSecretsAllowed true if secrets shorter than 32 bytes are accepted, for migration only
 * @param apiKeys the keys of servers; {@code sha256:} and 64 hexadecimal digits stand for a key that
 *     only its owner knows; scopes may follow, see {@link ApiKey}
 * @param tokens what is accepted in tokens besides the secrets
 */
public record AuthConfig(
        List<String> jwtSecrets, boolean weakSecretsAllowed, List<String> apiKeys, TokenConfig tokens) {

    private static final String MAKE_SECRET = "make one with: openssl rand -base64 48";

    public AuthConfig {
        jwtSecrets = List.copyOf(jwtSecrets);
        apiKeys = List.copyOf(apiKeys);
    }

    /** Secrets and API keys; all other values are the defaults. */
    public AuthConfig(List<String> jwtSecrets, boolean weakSecretsAllowed, List<String> apiKeys) {
        this(jwtSecrets, weakSecretsAllowed, apiKeys, TokenConfig.DEFAULT);
    }

    /** A copy with other secrets. */
    AuthConfig withJwtSecrets(List<String> secrets) {
        return new AuthConfig(secrets, weakSecretsAllowed, apiKeys, tokens);
    }

    /** A copy with other API keys. */
    AuthConfig withApiKeys(List<String> keys) {
        return new AuthConfig(jwtSecrets, weakSecretsAllowed, keys, tokens);
    }

    /** A copy with other public keys. */
    AuthConfig withPublicKeys(List<String> blocks) {
        return new AuthConfig(jwtSecrets, weakSecretsAllowed, apiKeys, tokens.withPublicKeys(blocks));
    }

    /** The problems that prevent a node from starting with these settings, one line each; empty if there are none. */
    public List<String> problems() {
        List<String> problems =
                new ArrayList<>(tokens.hasKeys() && jwtSecrets.isEmpty() ? List.of() : secretProblems());
        problems.addAll(keyProblems());
        return problems;
    }

    /** The problems of the API keys alone. */
    public List<String> keyProblems() {
        List<String> problems = new ArrayList<>();
        if (apiKeys.isEmpty()) {
            problems.add("API_KEYS: not set; make a key with: openssl rand -hex 32");
        }
        for (int i = 0; i < apiKeys.size(); i++) {
            String problem = apiKeyProblem(apiKeys.get(i));
            if (!problem.isEmpty()) {
                problems.add("API_KEYS: key " + (i + 1) + " of " + apiKeys.size() + " " + problem);
            }
        }
        return problems;
    }

    /** The problems of the secrets alone. */
    public List<String> secretProblems() {
        List<String> problems = new ArrayList<>();
        if (jwtSecrets.isEmpty()) {
            problems.add("JWT_SECRET: not set; " + MAKE_SECRET
                    + "; or let an identity provider sign: JWT_ISSUERS or JWT_PUBLIC_KEY_FILE");
        }
        for (int i = 0; i < jwtSecrets.size(); i++) {
            String which = "JWT_SECRET: secret " + (i + 1) + " of " + jwtSecrets.size();
            int bytes = jwtSecrets.get(i).getBytes(StandardCharsets.UTF_8).length;
            if (bytes == 0) {
                problems.add(which + " is empty; " + MAKE_SECRET);
            } else if (bytes < HmacKey.MIN_BYTES && !weakSecretsAllowed) {
                problems.add(which + " is " + bytes + " bytes (expected: >= " + HmacKey.MIN_BYTES + "); " + MAKE_SECRET
                        + ", or keep this one during a migration with: ALLOW_WEAK_JWT_SECRET=true");
            }
        }
        return problems;
    }

    private static String apiKeyProblem(String text) {
        String key = ApiKey.parse(text).key();
        if (key.isEmpty()) {
            return "is empty";
        }
        if (key.length() > ApiKeys.MAX_KEY_CHARS) {
            return "is " + key.length() + " characters (expected: <= " + ApiKeys.MAX_KEY_CHARS + ")";
        }
        if (!key.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            return "has white space or characters that are not printable ASCII";
        }
        if (ApiKey.isHashed(key) && ApiKeys.digest(key).length == 0) {
            return "starts with sha256: (expected: followed by 64 hexadecimal digits)";
        }
        if (ApiKey.isHashed(key) && ApiKeys.isHashOfNothing(key)) {
            return "is the hash of an empty key";
        }
        return "";
    }

    /** Counts, never secrets, because a record of settings may be logged. */
    @Override
    public String toString() {
        return "AuthConfig[jwtSecrets=" + jwtSecrets.size() + ", weakSecretsAllowed=" + weakSecretsAllowed
                + ", apiKeys=" + apiKeys.size() + ", issuers=" + tokens.issuers() + ", publicKeys="
                + tokens.publicKeys().size() + "]";
    }
}
