package dev.broadcaster.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The trusted issuers and the certificate of a TLS client, from PEM files that are read again for each connection. Files
 * that cannot be used change nothing: the last ones stay, and the reason is logged once.
 */
public final class ClientTls {
    private static final Logger LOG = LoggerFactory.getLogger(ClientTls.class);

    /**
     * The settings and their files.
     *
     * @param prefix of the names of the settings, such as {@code REDIS_TLS_}
     * @param ca the trusted issuers; null for those of the JVM
     * @param certificate null for none; set if and only if {@code key} is
     */
    public record Files(
            String prefix,
            @Nullable Path ca,
            @Nullable Path certificate,
            @Nullable Path key) {}

    /**
     * The managers of a connection.
     *
     * @param trust null for the one of the JVM
     * @param key null for none
     */
    public record Managers(
            @Nullable TrustManager trust, @Nullable KeyManager key) {}

    private final Files files;
    private volatile Managers managers; // written by the thread that reads
    private String problem = ""; // the one that was logged; owned by the thread that reads

    /**
     * Reads the files for the first time. Blocks.
     *
     * @throws IOException if they cannot be used; its message names the setting and the fault
     */
    public ClientTls(Files files) throws IOException {
        this.files = files;
        this.managers = read();
    }

    /** The managers of the last contents that could be used. Any thread. */
    public Managers managers() {
        return managers;
    }

    /** Reads the files again. Blocks for as long as the file system does; for one thread at a time. */
    public void refresh() {
        try {
            managers = read();
            problem = "";
        } catch (IOException | RuntimeException e) {
            String text = String.valueOf(e.getMessage());
            if (!text.equals(problem)) {
                problem = text;
                LOG.error("{}; keeping the previous contents", text);
            }
        }
    }

    private Managers read() throws IOException {
        Path ca = files.ca;
        Path certificate = files.certificate;
        Path key = files.key;
        try {
            KeyManager own = certificate == null || key == null
                    ? null
                    : TlsIdentity.read(files.prefix + "CERT", certificate, files.prefix + "KEY", key, Instant.now())
                            .keyManager("client");
            return new Managers(ca == null ? null : trust(files.prefix + "CA", ca), own);
        } catch (GeneralSecurityException e) {
            throw new IOException(files.prefix + "*: " + e.getMessage(), e);
        }
    }

    private static TrustManager trust(String setting, Path ca) throws IOException, GeneralSecurityException {
        List<X509Certificate> issuers;
        try {
            issuers = TlsIdentity.certificates(Pem.bytes(ca));
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException(setting + ": " + e.getMessage(), e);
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        for (int i = 0; i < issuers.size(); i++) {
            store.setCertificateEntry("issuer" + i, issuers.get(i));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers()[0];
    }

    /** The names of the files. */
    @Override
    public String toString() {
        return files.toString();
    }
}
