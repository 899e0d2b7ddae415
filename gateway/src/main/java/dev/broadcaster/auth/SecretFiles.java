package dev.broadcaster.auth;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The files that secrets are read from again and again while the node runs; null for what the settings say themselves.
 *
 * @param jwtSecret {@code JWT_SECRET_FILE}
 * @param apiKeys {@code API_KEYS_FILE}
 */
public record SecretFiles(
        @Nullable Path jwtSecret, @Nullable Path apiKeys) {
    /** Whether nothing can change while the node runs. */
    public boolean areNone() {
        return jwtSecret == null && apiKeys == null;
    }
}
