package dev.broadcaster.auth;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The files of secrets that are read repeatedly while the node runs; null if the settings contain the secrets
 * themselves.
 *
 * @param jwtSecret {@code JWT_SECRET_FILE}
 * @param apiKeys {@code API_KEYS_FILE}
 * @param publicKeys {@code JWT_PUBLIC_KEY_FILE}
 */
public record SecretFiles(
        @Nullable Path jwtSecret,
        @Nullable Path apiKeys,
        @Nullable Path publicKeys) {
    /** True if no secret can change while the node runs. */
    public boolean areNone() {
        return jwtSecret == null && apiKeys == null && publicKeys == null;
    }
}
