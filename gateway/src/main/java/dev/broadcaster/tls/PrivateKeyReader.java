package dev.broadcaster.tls;

import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * Reads a private key from PEM blocks: PKCS #8 ({@code PRIVATE KEY}), PKCS #1 ({@code RSA PRIVATE KEY}, RFC 8017
 * appendix A.1.2) and SEC 1 ({@code EC PRIVATE KEY}, RFC 5915). The JDK reads PKCS #8 only, so the others are put into it
 * (RFC 5958).
 */
final class PrivateKeyReader {
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "Ed25519", "Ed448", "RSASSA-PSS");

    private static final int INTEGER = 0x02;
    private static final int OCTET_STRING = 0x04;
    private static final int SEQUENCE = 0x30;
    private static final int CURVE = 0xa0; // [0] of an ECPrivateKey

    private static final byte[] VERSION = {INTEGER, 1, 0};
    /** rsaEncryption and NULL. */
    private static final byte[] RSA = {
        0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00
    };
    /** ecPublicKey. */
    private static final byte[] EC = {0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x02, 0x01};

    private PrivateKeyReader() {}

    /**
     * The first private key of the blocks.
     *
     * @throws IllegalArgumentException if there is none that can be used; the message states why, and may be logged
     */
    static PrivateKey read(List<Pem.Block> blocks) {
        for (Pem.Block block : blocks) {
            if (block.label().endsWith("PRIVATE KEY")) {
                return key(block);
            }
        }
        throw new IllegalArgumentException(
                "no private key in it (expected: BEGIN PRIVATE KEY, RSA PRIVATE KEY or" + " EC PRIVATE KEY)");
    }

    private static PrivateKey key(Pem.Block block) {
        if (block.label().startsWith("ENCRYPTED") || block.text().contains("Proc-Type:")) {
            throw new IllegalArgumentException(
                    "the key is encrypted (expected: a plain one; openssl pkey -in key.pem -out plain.pem makes it)");
        }
        byte[] der;
        try {
            der = Base64.getMimeDecoder().decode(block.text());
            der = switch (block.label()) {
                case "PRIVATE KEY" -> der;
                case "RSA PRIVATE KEY" -> pkcs8(RSA, der);
                case "EC PRIVATE KEY" -> pkcs8(concat(EC, curve(der)), der);
                default ->
                    throw new IllegalArgumentException(
                            "a key of the kind " + block.label() + " (expected: an RSA, EC or Ed25519 key)");
            };
        } catch (IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("the key is cut off", e);
        }
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
            } catch (GeneralSecurityException e) {
                // A key of another algorithm.
            }
        }
        throw new IllegalArgumentException("the key cannot be read (expected: an RSA, EC or Ed25519 key)");
    }

    private static byte[] pkcs8(byte[] algorithm, byte[] key) {
        return element(SEQUENCE, concat(VERSION, element(SEQUENCE, algorithm), element(OCTET_STRING, key)));
    }

    /** The object identifier of the curve, as an element. */
    private static byte[] curve(byte[] ecPrivateKey) {
        int end = contentStart(ecPrivateKey, 0) + length(ecPrivateKey, 0);
        for (int at = contentStart(ecPrivateKey, 0); at < end; ) {
            int start = contentStart(ecPrivateKey, at);
            int length = length(ecPrivateKey, at);
            if ((ecPrivateKey[at] & 0xff) == CURVE) {
                return Arrays.copyOfRange(ecPrivateKey, start, start + length);
            }
            at = start + length;
        }
        throw new IllegalArgumentException(
                "the key names no curve (expected: BEGIN PRIVATE KEY; openssl pkcs8 -topk8 -nocrypt makes it)");
    }

    // ---- DER (X.690): tag, length, content

    private static int contentStart(byte[] der, int at) {
        int first = der[at + 1] & 0xff;
        return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
    }

    private static int length(byte[] der, int at) {
        int first = der[at + 1] & 0xff;
        if (first < 0x80) {
            return first;
        }
        int length = 0;
        for (int i = 0; i < (first & 0x7f); i++) {
            length = (length << 8) | (der[at + 2 + i] & 0xff);
        }
        if (length < 0 || length > der.length) {
            throw new IndexOutOfBoundsException(length);
        }
        return length;
    }

    private static byte[] element(int tag, byte[] content) {
        ByteArrayOutputStream element = new ByteArrayOutputStream();
        element.write(tag);
        if (content.length < 0x80) {
            element.write(content.length);
        } else {
            int bytes = content.length < 0x100 ? 1 : content.length < 0x10000 ? 2 : 3;
            element.write(0x80 | bytes);
            for (int i = bytes - 1; i >= 0; i--) {
                element.write(content.length >> (8 * i));
            }
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
}
