package dev.broadcaster.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * A certificate chain and its private key, which belong together.
 *
 * @param chain the certificate of the key, then the certificate of its issuer, and so on
 * @param unused the number of certificates in the file that do not belong to the chain
 */
public record TlsIdentity(List<X509Certificate> chain, PrivateKey key, int unused) {
    private static final byte[] PROBE = {1, 2, 3, 4, 5, 6, 7, 8};

    public TlsIdentity {
        chain = List.copyOf(chain);
    }

    /**
     * Reads and checks both files, which may be one. Blocks.
     *
     * @param certificateName the name of the setting, for messages
     * @throws IOException if a file cannot be used; its message names the setting and the fault, and may be logged
     */
    public static TlsIdentity read(String certificateName, Path certificate, String keyName, Path key, Instant now)
            throws IOException {
        return of(certificateName, bytes(certificateName, certificate), keyName, bytes(keyName, key), now);
    }

    private static byte[] bytes(String name, Path file) throws IOException {
        try {
            return Pem.bytes(file);
        } catch (IOException e) {
            throw new IOException(name + ": " + e.getMessage(), e);
        }
    }

    static TlsIdentity of(String certificateName, byte[] certificate, String keyName, byte[] key, Instant now)
            throws IOException {
        List<X509Certificate> certificates;
        try {
            certificates = certificates(certificate);
        } catch (IllegalArgumentException e) {
            throw new IOException(certificateName + ": " + e.getMessage(), e);
        }
        PrivateKey privateKey;
        try {
            privateKey = PrivateKeyReader.read(Pem.blocks(key));
        } catch (IllegalArgumentException e) {
            throw new IOException(keyName + ": " + e.getMessage(), e);
        }
        X509Certificate own = certificates.stream()
                .filter(one -> belongTogether(one.getPublicKey(), privateKey))
                .findFirst()
                .orElseThrow(() -> new IOException(certificateName + " and " + keyName
                        + ": the certificate and the key do not belong together (" + name(certificates.get(0))
                        + "): name the key for which it was issued"));
        if (now.isAfter(own.getNotAfter().toInstant())) {
            throw new IOException(certificateName + ": expired at "
                    + own.getNotAfter().toInstant() + " (" + name(own) + "): renew it");
        }
        if (now.isBefore(own.getNotBefore().toInstant())) {
            throw new IOException(certificateName + ": not valid before "
                    + own.getNotBefore().toInstant() + " (" + name(own) + "): is the clock of this machine right?");
        }
        List<X509Certificate> chain = chain(own, certificates);
        return new TlsIdentity(chain, privateKey, certificates.size() - chain.size());
    }

    /**
     * All certificates of a PEM file, in its order, each once.
     *
     * @throws IllegalArgumentException if there is none, or one is malformed
     */
    static List<X509Certificate> certificates(byte[] file) {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Pem.Block block : Pem.blocks(file)) {
            if (!block.label().equals("CERTIFICATE") && !block.label().equals("X509 CERTIFICATE")) {
                continue;
            }
            try {
                byte[] der = Base64.getMimeDecoder().decode(block.text());
                X509Certificate certificate = (X509Certificate)
                        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
                if (!certificates.contains(certificate)) {
                    certificates.add(certificate);
                }
            } catch (GeneralSecurityException | IllegalArgumentException e) {
                throw new IllegalArgumentException("certificate " + (certificates.size() + 1) + " cannot be read", e);
            }
        }
        if (certificates.isEmpty()) {
            throw new IllegalArgumentException("no certificate in it (expected: BEGIN CERTIFICATE)");
        }
        return certificates;
    }

    /** Each certificate is followed by the one that has signed it, as far as there is one. */
    private static List<X509Certificate> chain(X509Certificate own, List<X509Certificate> certificates) {
        List<X509Certificate> chain = new ArrayList<>(List.of(own));
        List<X509Certificate> others = new ArrayList<>(certificates);
        others.remove(own);
        for (int i = 0; i < chain.size(); i++) {
            X509Certificate last = chain.get(i);
            others.stream().filter(other -> hasSigned(other, last)).findFirst().ifPresent(issuer -> {
                others.remove(issuer);
                chain.add(issuer);
            });
        }
        return chain;
    }

    private static boolean hasSigned(X509Certificate issuer, X509Certificate certificate) {
        if (!issuer.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
            return false;
        }
        try {
            certificate.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static boolean belongTogether(PublicKey publicKey, PrivateKey privateKey) {
        if (publicKey instanceof RSAKey one && privateKey instanceof RSAKey other) {
            return one.getModulus().equals(other.getModulus());
        }
        String algorithm = privateKey.getAlgorithm().equals("EC") ? "SHA256withECDSA" : privateKey.getAlgorithm();
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(privateKey);
            signature.update(PROBE);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(PROBE);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false; // of different algorithms
        }
    }

    static String name(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().getName();
    }

    /** The subject of the certificate, for logs. */
    public String name() {
        return name(chain.get(0));
    }

    /** The time at which the first certificate of the chain expires, in seconds since 1970. */
    public long expirySeconds() {
        return chain.stream()
                .mapToLong(one -> one.getNotAfter().toInstant().getEpochSecond())
                .min()
                .orElseThrow();
    }

    /**
     * The key manager that presents it.
     *
     * @param alias its name there
     */
    X509ExtendedKeyManager keyManager(String alias) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(alias, key, new char[0], chain.toArray(X509Certificate[]::new));
        KeyManagerFactory managers = KeyManagerFactory.getInstance("SunX509");
        managers.init(store, new char[0]);
        for (KeyManager manager : managers.getKeyManagers()) {
            if (manager instanceof X509ExtendedKeyManager extended) {
                return extended;
            }
        }
        throw new GeneralSecurityException("no key manager");
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "TlsIdentity[" + name() + ", " + chain.size() + " certificates]";
    }
}
