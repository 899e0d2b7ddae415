package dev.broadcaster.tls;

import dev.broadcaster.metrics.SecretMetrics;
import dev.broadcaster.metrics.SecretMetrics.Outcome;
import dev.broadcaster.time.Time;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Arrays;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The TLS context of {@code TLS_CERT} and {@code TLS_KEY}. Both files are read every second, like files of secrets: a
 * change counts when both were read the same twice. Files that cannot be used change nothing: the node keeps the
 * certificate that it has, logs the reason once, and shows it in its meters until the files are valid again. Connections
 * that are open are not touched.
 *
 * <p>Reading may block, so this class has its own thread.
 */
public final class ServerTls implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServerTls.class);
    private static final long INTERVAL_MILLIS = 1_000;
    private static final String CERTIFICATE = "TLS_CERT";
    private static final String KEY = "TLS_KEY";

    /** The contents of both files. */
    private static final class Contents {
        private final byte[] certificate;
        private final byte[] key;

        Contents(byte[] certificate, byte[] key) {
            this.certificate = certificate;
            this.key = key;
        }

        boolean areThose(Contents others) {
            return Arrays.equals(certificate, others.certificate) && Arrays.equals(key, others.key);
        }
    }

    private final Path certificate;
    private final Path key;
    private final Time time;
    private final SecretMetrics metrics;
    private final SSLContext context;
    private final CurrentKeyManager keyManager;
    private final Thread thread = new Thread(this::run, "broadcaster-certificates");
    private Contents used; // owned by the thread when it runs, like the next two
    private Contents seen; // at the last reading
    private String problem = ""; // the one that was logged
    private volatile TlsIdentity identity;
    private volatile boolean closed;

    /**
     * Reads both files for the first time. Blocks.
     *
     * @throws IOException if they cannot be used; its message names the setting and the fault
     */
    public ServerTls(Path certificate, Path key, Time time, SecretMetrics metrics) throws IOException {
        this.certificate = certificate;
        this.key = key;
        this.time = time;
        this.metrics = metrics;
        this.used = read();
        this.seen = used;
        this.identity = identity(used);
        try {
            keyManager = new CurrentKeyManager(identity);
            context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {keyManager}, null, null);
        } catch (GeneralSecurityException e) {
            throw new IOException(CERTIFICATE + " and " + KEY + ": " + e.getMessage(), e);
        }
        warnOfUnused();
        thread.setDaemon(true);
    }

    /** Presents the current certificate in each handshake. */
    public SSLContext context() {
        return context;
    }

    /** The time at which the first certificate of the current chain expires, in seconds since 1970. Any thread. */
    public long expirySeconds() {
        return identity.expirySeconds();
    }

    /** Starts to read the files again. */
    public void start() {
        thread.start();
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

    /** Reads both files once. Called by the thread, or by a test that has not started it. */
    void look() {
        Contents contents;
        try {
            contents = read();
        } catch (IOException | RuntimeException e) {
            onProblem(Outcome.UNREADABLE, String.valueOf(e.getMessage()));
            return;
        }
        boolean settled = contents.areThose(seen);
        seen = contents;
        if (!settled) {
            return;
        }
        if (contents.areThose(used)) {
            onGood();
            return;
        }
        try {
            TlsIdentity changed = identity(contents);
            keyManager.replace(changed);
            identity = changed;
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            onProblem(Outcome.INVALID, String.valueOf(e.getMessage()));
            return;
        }
        used = contents;
        LOG.info(
                "{}: loaded {}, which expires at {}",
                CERTIFICATE,
                identity.name(),
                Instant.ofEpochSecond(identity.expirySeconds()));
        warnOfUnused();
        metrics.countReload(Outcome.LOADED);
        onGood();
    }

    private Contents read() throws IOException {
        return new Contents(bytes(CERTIFICATE, certificate), bytes(KEY, key));
    }

    private static byte[] bytes(String name, Path file) throws IOException {
        try {
            return Pem.bytes(file);
        } catch (IOException e) {
            throw new IOException(name + ": " + e.getMessage(), e);
        }
    }

    private TlsIdentity identity(Contents contents) throws IOException {
        Instant now = Instant.ofEpochMilli(time.epochMillis());
        return TlsIdentity.of(CERTIFICATE, contents.certificate, KEY, contents.key, now);
    }

    private void warnOfUnused() {
        if (identity.unused() > 0) {
            LOG.warn(
                    "{}: {} certificates do not belong to the chain of {} and are not sent",
                    CERTIFICATE,
                    identity.unused(),
                    identity.name());
        }
    }

    private void onGood() {
        problem = "";
        metrics.stale(false);
    }

    private void onProblem(Outcome outcome, String text) {
        if (!text.equals(problem)) {
            problem = text;
            metrics.countReload(outcome);
            LOG.error("{}; keeping the certificate that expires at {}", text, Instant.ofEpochSecond(expirySeconds()));
        }
        metrics.stale(true);
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
