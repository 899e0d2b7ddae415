package dev.broadcaster.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** Makes the TLS context from {@code TLS_CERT} and {@code TLS_KEY}, in the formats of certbot and cert-manager. */
final class Tls {
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    private Tls() {}

    /**
     * The context for a certificate chain and its key.
     *
     * @throws IOException with the file and its fault
     */
    static SSLContext context(Path certificate, Path key) throws IOException {
        try {
            Certificate[] chain = chain(certificate);
            PrivateKey privateKey = privateKey(key, chain[0].getPublicKey().getAlgorithm());
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("broadcaster", privateKey, new char[0], chain);
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(store, new char[0]);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS_CERT and TLS_KEY: " + e.getMessage(), e);
        }
    }

    /**
     * The expiry of the first certificate of a chain, in seconds since 1970.
     *
     * @throws IOException if there is no certificate
     */
    static long expirySeconds(Path certificate) throws IOException {
        try {
            return Arrays.stream(chain(certificate))
                    .mapToLong(one ->
                            ((X509Certificate) one).getNotAfter().toInstant().getEpochSecond())
                    .min()
                    .orElseThrow();
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS_CERT: " + e.getMessage(), e);
        }
    }

    private static Certificate[] chain(Path file) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(file)) {
            Certificate[] chain = CertificateFactory.getInstance("X.509")
                    .generateCertificates(in)
                    .toArray(Certificate[]::new);
            if (chain.length == 0) {
                throw new IOException("TLS_CERT: no certificate in " + file);
            }
            return chain;
        }
    }

    private static PrivateKey privateKey(Path file, String algorithm) throws IOException, GeneralSecurityException {
        Matcher pem = KEY.matcher(Files.readString(file, StandardCharsets.US_ASCII));
        if (!pem.find()) {
            throw new IOException("TLS_KEY: no PKCS #8 key in " + file
                    + " (expected: BEGIN PRIVATE KEY; openssl pkcs8 -topk8 -nodes makes one)");
        }
        byte[] der = Base64.getMimeDecoder().decode(pem.group(1));
        for (String candidate : List.of(algorithm, "RSA", "EC", "Ed25519")) {
            try {
                return KeyFactory.getInstance(candidate).generatePrivate(new PKCS8EncodedKeySpec(der));
            } catch (InvalidKeySpecException e) {
                // another algorithm's
            }
        }
        throw new IOException("TLS_KEY: not an RSA, EC or Ed25519 key: " + file);
    }
}
