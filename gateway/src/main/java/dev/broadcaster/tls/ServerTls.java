package dev.broadcaster.tls;

import dev.broadcaster.files.FileWatch;
import dev.broadcaster.metrics.SecretMetrics;
import dev.broadcaster.time.Time;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Arrays;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The TLS context of {@code TLS_CERT} and {@code TLS_KEY}. Both files are read again while the node runs
 * ({@link FileWatch}). Files that cannot be used change nothing: the node keeps the certificate that it has. Connections
 * that are open are not touched.
 */
public final class ServerTls implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServerTls.class);
    private static final String CERTIFICATE = "TLS_CERT";
    private static final String KEY = "TLS_KEY";
    /** Of the JDK: otherwise a client of TLS 1.2 can repeat its handshake, and the node its signature, without end. */
    private static final String NO_RENEGOTIATION = "jdk.tls.rejectClientInitiatedRenegotiation";

    /** The bytes of both files. */
    private static final class Contents {
        private final byte[] certificate;
        private final byte[] key;

        Contents(byte[] certificate, byte[] key) {
            this.certificate = certificate;
            this.key = key;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Contents that
                    && Arrays.equals(certificate, that.certificate)
                    && Arrays.equals(key, that.key);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(certificate) + Arrays.hashCode(key);
        }
    }

    private final Path certificate;
    private final Path key;
    private final Time time;
    private final SSLContext context;
    private final CurrentKeyManager keyManager;
    private final FileWatch watch = new FileWatch("broadcaster-certificates");
    private volatile TlsIdentity identity;

    /**
     * Reads both files for the first time. Blocks.
     *
     * @throws IOException if they cannot be used; its message names the setting and the fault
     */
    public ServerTls(Path certificate, Path key, Time time, SecretMetrics metrics) throws IOException {
        this.certificate = certificate;
        this.key = key;
        this.time = time;
        Contents contents = read();
        this.identity = identity(contents);
        if (System.getProperty(NO_RENEGOTIATION) == null) {
            System.setProperty(NO_RENEGOTIATION, "true"); // read at the first handshake
        }
        try {
            keyManager = new CurrentKeyManager(identity);
            context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {keyManager}, null, null);
        } catch (GeneralSecurityException e) {
            throw refused(e);
        }
        warnOfUnused();
        watch.add(contents, this::read, (changed, before) -> use(changed), this::onProblem, metrics);
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
        watch.start();
    }

    /** Reads both files once. For a test that has not called {@link #start}. */
    void look() {
        watch.look();
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

    private void use(Contents contents) throws IOException {
        TlsIdentity changed = identity(contents);
        try {
            keyManager.replace(changed);
        } catch (GeneralSecurityException e) {
            throw refused(e);
        }
        identity = changed;
        LOG.info("{}: loaded {}, which expires at {}", CERTIFICATE, changed.name(), expiry());
        warnOfUnused();
    }

    private static IOException refused(GeneralSecurityException e) {
        return new IOException(CERTIFICATE + " and " + KEY + ": " + e.getMessage(), e);
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

    private void onProblem(String text) {
        LOG.error("{}; keeping the certificate that expires at {}", text, expiry());
    }

    private Instant expiry() {
        return Instant.ofEpochSecond(expirySeconds());
    }

    @Override
    public void close() {
        watch.close();
    }
}
