package dev.broadcaster.testing;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A key with a certificate for 127.0.0.1 and localhost, made in memory (RFC 5280), and its forms in PEM.
 *
 * @param name the common name of the subject
 */
public record MadeCertificate(String name, KeyPair keys, X509Certificate certificate) {
    private static final AtomicInteger SERIALS = new AtomicInteger();
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

    private static final byte[] EC_WITH_SHA256 = {0x06, 0x08, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 4, 3, 2};
    private static final byte[] RSA_WITH_SHA256 = {
        0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 0x0b, 5, 0
    };
    private static final byte[] ED25519 = {0x06, 0x03, 0x2b, 0x65, 0x70};
    private static final byte[] P256 = {0x06, 0x08, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 3, 1, 7};
    private static final byte[] COMMON_NAME = {0x06, 0x03, 0x55, 0x04, 0x03};
    private static final byte[] ALTERNATIVE_NAMES = {0x06, 0x03, 0x55, 0x1d, 0x11};
    private static final byte[] BASIC_CONSTRAINTS = {0x06, 0x03, 0x55, 0x1d, 0x13};

    /** A key of {@code RSA}, {@code EC} or {@code Ed25519}, certified by {@code issuer}, by itself if that is null. */
    public static MadeCertificate make(String name, String algorithm, @Nullable MadeCertificate issuer)
            throws GeneralSecurityException {
        Instant now = Instant.now();
        return make(name, algorithm, issuer, now.minus(Duration.ofDays(1)), now.plus(Duration.ofDays(90)));
    }

    public static MadeCertificate make(
            String name, String algorithm, @Nullable MadeCertificate issuer, Instant from, Instant to)
            throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (algorithm.equals("EC")) {
            generator.initialize(new ECGenParameterSpec("secp256r1"));
        } else if (algorithm.equals("RSA")) {
            generator.initialize(2048);
        }
        return certify(name, generator.generateKeyPair(), issuer, from, to);
    }

    private static MadeCertificate certify(
            String name, KeyPair keys, @Nullable MadeCertificate issuer, Instant from, Instant to)
            throws GeneralSecurityException {
        PrivateKey signer = issuer == null ? keys.getPrivate() : issuer.keys.getPrivate();
        byte[] algorithm = sequence(
                switch (signer.getAlgorithm()) {
                    case "RSA" -> RSA_WITH_SHA256;
                    case "EC" -> EC_WITH_SHA256;
                    default -> ED25519;
                });
        byte[] alternatives = sequence(
                element(0x87, new byte[] {127, 0, 0, 1}),
                element(0x82, "localhost".getBytes(StandardCharsets.US_ASCII)));
        byte[] body = sequence(
                element(0xa0, element(2, new byte[] {2})),
                element(2, BigInteger.valueOf(SERIALS.incrementAndGet()).toByteArray()),
                algorithm,
                subject(issuer == null ? name : issuer.name),
                sequence(time(from), time(to)),
                subject(name),
                keys.getPublic().getEncoded(),
                element(
                        0xa3,
                        sequence(
                                sequence(ALTERNATIVE_NAMES, element(4, alternatives)),
                                sequence(
                                        BASIC_CONSTRAINTS,
                                        element(1, new byte[] {-1}),
                                        element(4, sequence(element(1, new byte[] {-1})))))));
        Signature signature = Signature.getInstance(
                switch (signer.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> "Ed25519";
                });
        signature.initSign(signer);
        signature.update(body);
        byte[] signed = signature.sign();
        byte[] der = sequence(body, algorithm, element(3, concat(new byte[] {0}, signed)));
        X509Certificate certificate = (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        return new MadeCertificate(name, keys, certificate);
    }

    /** The certificate in PEM. */
    public String pem() throws GeneralSecurityException {
        return pem("CERTIFICATE", certificate.getEncoded());
    }

    /** The key in PEM, as PKCS #8. */
    public String pkcs8() {
        return pem("PRIVATE KEY", keys.getPrivate().getEncoded());
    }

    /** The RSA key in PEM, as PKCS #1. */
    public String pkcs1() {
        RSAPrivateCrtKey rsa = (RSAPrivateCrtKey) keys.getPrivate();
        byte[][] numbers = List.of(
                        BigInteger.ZERO,
                        rsa.getModulus(),
                        rsa.getPublicExponent(),
                        rsa.getPrivateExponent(),
                        rsa.getPrimeP(),
                        rsa.getPrimeQ(),
                        rsa.getPrimeExponentP(),
                        rsa.getPrimeExponentQ(),
                        rsa.getCrtCoefficient())
                .stream()
                .map(number -> element(2, number.toByteArray()))
                .toArray(byte[][]::new);
        return pem("RSA PRIVATE KEY", sequence(numbers));
    }

    /** The EC key in PEM, as SEC 1. */
    public String sec1(boolean namesTheCurve) {
        byte[] number = ((ECPrivateKey) keys.getPrivate()).getS().toByteArray();
        byte[] bytes = new byte[32];
        int length = Math.min(32, number.length);
        System.arraycopy(number, number.length - length, bytes, 32 - length, length);
        byte[] key = concat(element(2, new byte[] {1}), element(4, bytes));
        return pem("EC PRIVATE KEY", sequence(namesTheCurve ? concat(key, element(0xa0, P256)) : key));
    }

    private static byte[] subject(String name) {
        return sequence(element(0x31, sequence(COMMON_NAME, element(0x0c, name.getBytes(StandardCharsets.UTF_8)))));
    }

    private static byte[] time(Instant instant) {
        return element(0x18, TIME.format(instant).getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] sequence(byte[]... parts) {
        return element(0x30, concat(parts));
    }

    private static byte[] element(int tag, byte[] content) {
        ByteArrayOutputStream element = new ByteArrayOutputStream();
        element.write(tag);
        if (content.length < 0x80) {
            element.write(content.length);
        } else if (content.length < 0x100) {
            element.write(0x81);
            element.write(content.length);
        } else {
            element.write(0x82);
            element.write(content.length >> 8);
            element.write(content.length);
        }
        element.writeBytes(content);
        return element.toByteArray();
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static String pem(String type, byte[] der) {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + type + "-----\n" + base64 + "\n-----END " + type + "-----\n";
    }
}
