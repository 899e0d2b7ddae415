package dev.broadcaster.auth;

import dev.broadcaster.auth.keys.PemFile;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.SecretMetrics;
import dev.broadcaster.metrics.SecretMetrics.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads changed secret files while the node runs. The content of a file is read every second: mounted secrets change
 * behind a symbolic link, and file times are unreliable. A change counts when it was read the same twice, so that a
 * file that is being written is not loaded in part. A broken file changes nothing: the node keeps the previous secrets,
 * logs the reason once, and shows it in its meters until the file is valid again.
 *
 * <p>A change affects new authentications. A connection stays until its token expires; a {@code refresh} needs a token
 * of a current secret.
 *
 * <p>Reading may block, so this class has its own thread.
 */
public final class SecretReload implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SecretReload.class);
    private static final long INTERVAL_MILLIS = 1_000;

    private final List<Watched> watched = new ArrayList<>(); // owned by the thread when it runs
    private final Thread thread = new Thread(this::run, "broadcaster-secrets");
    private volatile boolean closed;

    /**
     * A reload that starts with {@link #start}.
     *
     * @param config the content of the files when the node started
     */
    public SecretReload(AuthConfig config, SecretFiles files, TokenVerifier verifier, ApiKeys keys, Metrics metrics) {
        Path jwtSecret = files.jwtSecret();
        if (jwtSecret != null) {
            watched.add(new Watched(
                    "JWT_SECRET_FILE",
                    jwtSecret,
                    SecretFile::read,
                    config.jwtSecrets(),
                    config::withJwtSecrets,
                    AuthConfig::secretProblems,
                    verifier::replaceSecrets,
                    metrics.secrets("jwt_secret")));
        }
        Path apiKeys = files.apiKeys();
        if (apiKeys != null) {
            watched.add(new Watched(
                    "API_KEYS_FILE",
                    apiKeys,
                    SecretFile::read,
                    config.apiKeys(),
                    config::withApiKeys,
                    AuthConfig::keyProblems,
                    keys::replaceKeys,
                    metrics.secrets("api_keys")));
        }
        Path publicKeys = files.publicKeys();
        if (publicKeys != null) {
            watched.add(new Watched(
                    "JWT_PUBLIC_KEY_FILE",
                    publicKeys,
                    PemFile::read,
                    config.tokens().publicKeys(),
                    config::withPublicKeys,
                    changed -> changed.tokens().publicKeyProblems(),
                    verifier::replacePublicKeys,
                    metrics.secrets("jwt_public_key")));
        }
        thread.setDaemon(true);
    }

    /** Starts to read the files, if there are any. */
    public void start() {
        if (!watched.isEmpty()) {
            thread.start();
        }
    }

    private void run() {
        try {
            while (!closed) {
                Thread.sleep(INTERVAL_MILLIS);
                look();
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    /** Reads each file once. Called by the thread, or by a test that has not started it. */
    void look() {
        watched.forEach(Watched::look);
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    /** Reads the entries of a file. */
    private interface Reading {
        List<String> entries(Path file) throws IOException;
    }

    /** One file, and the effect of its changes. */
    private static final class Watched {
        private final String setting;
        private final Path file;
        private final Reading reading;
        private final Function<List<String>, AuthConfig> with;
        private final Function<AuthConfig, List<String>> problemsOf;
        private final Consumer<AuthConfig> use;
        private final SecretMetrics metrics;
        private List<String> used;
        private List<String> seen; // at the last reading
        private String problem = ""; // the one that was logged

        Watched(
                String setting,
                Path file,
                Reading reading,
                List<String> used,
                Function<List<String>, AuthConfig> with,
                Function<AuthConfig, List<String>> problemsOf,
                Consumer<AuthConfig> use,
                SecretMetrics metrics) {
            this.setting = setting;
            this.file = file;
            this.reading = reading;
            this.used = used;
            this.seen = used;
            this.with = with;
            this.problemsOf = problemsOf;
            this.use = use;
            this.metrics = metrics;
        }

        void look() {
            List<String> entries;
            try {
                entries = reading.entries(file);
            } catch (IOException | RuntimeException e) {
                onProblem(Outcome.UNREADABLE, e.getClass().getSimpleName() + ": " + e.getMessage());
                return;
            }
            boolean settled = entries.equals(seen);
            seen = entries;
            if (!settled) {
                return;
            }
            if (entries.equals(used)) {
                onGood();
                return;
            }
            AuthConfig changed = with.apply(entries);
            List<String> problems = problemsOf.apply(changed);
            if (!problems.isEmpty()) {
                onProblem(Outcome.INVALID, String.join("; ", problems));
                return;
            }
            use.accept(changed);
            LOG.info("{}: loaded {} entries, {} before", setting, entries.size(), used.size());
            used = entries;
            metrics.countReload(Outcome.LOADED);
            onGood();
        }

        private void onGood() {
            problem = "";
            metrics.stale(false);
        }

        /** The problem names entries by their number, never by their text. */
        private void onProblem(Outcome outcome, String text) {
            if (!text.equals(problem)) {
                problem = text;
                metrics.countReload(outcome);
                LOG.error("{}: cannot use {}, keeping the previous contents: {}", setting, file, text);
            }
            metrics.stale(true);
        }
    }
}
