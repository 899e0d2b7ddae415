package dev.broadcaster.auth.keys;

import dev.broadcaster.files.BoundedFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of public keys in PEM (RFC 7468): any number of {@code PUBLIC KEY} and {@code CERTIFICATE} blocks; text
 * between them is ignored. Of a certificate only the key is used.
 */
public final class PemFile {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*+)-----END ([A-Z0-9 ]{1,40})-----");

    private PemFile() {}

    /**
     * The blocks of {@code file}, in order, each with its complete text. Blocks.
     *
     * @throws IOException like {@link BoundedFile#read}
     */
    public static List<String> read(Path file) throws IOException {
        List<String> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(new String(BoundedFile.read(file), StandardCharsets.ISO_8859_1));
        while (matcher.find()) {
            blocks.add(matcher.group());
        }
        return blocks;
    }

    /**
     * The key of a block.
     *
     * @throws IllegalArgumentException if it has no key that may verify tokens; the message states why
     */
    public static VerificationKey key(String block) {
        Matcher matcher = BLOCK.matcher(block);
        if (!matcher.matches() || !matcher.group(1).equals(matcher.group(3))) {
            throw new IllegalArgumentException("is no PEM block");
        }
        String label = matcher.group(1);
        if (label.contains("PRIVATE KEY")) {
            throw new IllegalArgumentException(
                    "is a private key, which no node should have; make the public one with: openssl pkey -in key.pem -pubout");
        }
        byte[] der;
        try {
            der = Base64.getMimeDecoder().decode(matcher.group(2));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("is no base64", e);
        }
        PublicKey key = switch (label) {
            case "PUBLIC KEY" -> publicKey(der);
            case "CERTIFICATE" -> certified(der);
            case "RSA PUBLIC KEY" ->
                throw new IllegalArgumentException(
                        "is in an old form; make a new one with: openssl rsa -RSAPublicKey_in -in key.pem -pubout");
            default -> throw new IllegalArgumentException("is neither PUBLIC KEY nor CERTIFICATE");
        };
        try {
            return PublicKeys.of(key, null);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("is " + e.getMessage(), e);
        }
    }

    private static PublicKey publicKey(byte[] der) {
        for (String type : List.of("RSA", "EC", "Ed25519")) {
            try {
                return KeyFactory.getInstance(type).generatePublic(new X509EncodedKeySpec(der));
            } catch (GeneralSecurityException e) {
                // A key of another type.
            }
        }
        throw new IllegalArgumentException("is no public key that we know (" + PublicKeys.EXPECTED + ")");
    }

    private static PublicKey certified(byte[] der) {
        try {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(der))
                    .getPublicKey();
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("is no certificate", e);
        }
    }
}
