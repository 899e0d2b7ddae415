package dev.broadcaster.auth;

import dev.broadcaster.auth.keys.PemFile;
import dev.broadcaster.files.FileWatch;
import dev.broadcaster.metrics.Metrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads changed files of secrets and keys while the node runs ({@link FileWatch}). A broken file changes nothing.
 *
 * <p>A change affects new authentications. A connection stays until its token expires; a {@code refresh} needs a token
 * of a current secret.
 */
public final class SecretReload implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SecretReload.class);

    private final FileWatch watch = new FileWatch("broadcaster-secrets");

    /**
     * A reload that starts with {@link #start}.
     *
     * @param config the content of the files when the node started
     */
    public SecretReload(AuthConfig config, SecretFiles files, TokenVerifier verifier, ApiKeys keys, Metrics metrics) {
        watch(
                "JWT_SECRET_FILE",
                files.jwtSecret(),
                SecretFile::read,
                config.jwtSecrets(),
                config::withJwtSecrets,
                AuthConfig::secretProblems,
                verifier::replaceSecrets,
                metrics,
                "jwt_secret");
        watch(
                "API_KEYS_FILE",
                files.apiKeys(),
                SecretFile::read,
                config.apiKeys(),
                config::withApiKeys,
                AuthConfig::keyProblems,
                keys::replaceKeys,
                metrics,
                "api_keys");
        watch(
                "JWT_PUBLIC_KEY_FILE",
                files.publicKeys(),
                PemFile::read,
                config.tokens().publicKeys(),
                config::withPublicKeys,
                changed -> changed.tokens().publicKeyProblems(),
                verifier::replacePublicKeys,
                metrics,
                "jwt_public_key");
    }

    /** Reads the entries of a file. */
    private interface Reading {
        List<String> entries(Path file) throws IOException;
    }

    private void watch(
            String setting,
            @Nullable Path file,
            Reading reading,
            List<String> used,
            Function<List<String>, AuthConfig> with,
            Function<AuthConfig, List<String>> problemsOf,
            Consumer<AuthConfig> use,
            Metrics metrics,
            String meters) {
        if (file == null) {
            return;
        }
        FileWatch.Use<List<String>> load = (entries, before) -> {
            AuthConfig changed = with.apply(entries);
            List<String> problems = problemsOf.apply(changed); // they name entries by number, never by text
            if (!problems.isEmpty()) {
                throw new IOException(String.join("; ", problems));
            }
            use.accept(changed);
            LOG.info("{}: loaded {} entries, {} before", setting, entries.size(), before.size());
        };
        Consumer<String> onProblem =
                text -> LOG.error("{}: cannot use {}, keeping the previous contents: {}", setting, file, text);
        watch.add(used, () -> reading.entries(file), load, onProblem, metrics.secrets(meters));
    }

    /** Starts to read the files, if there are any. */
    public void start() {
        watch.start();
    }

    /** Reads each file once. For a test that has not started the reload. */
    void look() {
        watch.look();
    }

    @Override
    public void close() {
        watch.close();
    }
}
