package dev.broadcaster.auth;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * A token split into the three parts of the JWS compact serialization (RFC 7515 section 3.1). Only the canonical text
 * is accepted: no padding, no white space, no spare bits. Nothing in it is verified yet.
 */
record CompactToken(String header, String claims, String signature) {

    static final int MAX_CHARS = 16_384;

    static CompactToken parse(String token) throws TokenRejectedException {
        if (token.length() > MAX_CHARS) {
            throw new TokenRejectedException(
                    "token: " + token.length() + " characters (expected: <= " + MAX_CHARS + ")");
        }
        // ^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){2}$, because libraries skip characters that are not base64; a loop, because
        // Java's regular expressions recurse.
        int dots = 0;
        int[] ends = new int[3];
        int start = 0;
        for (int i = 0; i <= token.length(); i++) {
            boolean end = i == token.length() || token.charAt(i) == '.';
            if (end ? i == start || dots == 3 : !isBase64Url(token.charAt(i))) {
                throw malformed();
            }
            if (end) {
                ends[dots++] = i;
                start = i + 1;
            }
        }
        if (dots != 3) {
            throw malformed();
        }
        return new CompactToken(
                token.substring(0, ends[0]),
                token.substring(ends[0] + 1, ends[1]),
                token.substring(ends[1] + 1, ends[2]));
    }

    /** The bytes of a part, which is base64url. */
    static byte[] bytes(String part, String name) throws TokenRejectedException {
        requireCanonical(part, name);
        return Base64.getUrlDecoder().decode(part);
    }

    static void requireCanonical(String part, String name) throws TokenRejectedException {
        // The last character can have spare bits that decoders ignore: then several texts would be the same signature.
        int tail = part.length() % 4;
        int spareBits = tail == 2 ? 0b1111 : tail == 3 ? 0b11 : 0;
        if (tail == 1 || (sextet(part.charAt(part.length() - 1)) & spareBits) != 0) {
            throw new TokenRejectedException(name + ": not canonical base64url");
        }
    }

    /** The signed bytes. */
    byte[] signingInput() {
        return (header + '.' + claims).getBytes(StandardCharsets.US_ASCII);
    }

    private static boolean isBase64Url(char c) {
        return sextet(c) >= 0;
    }

    private static int sextet(char c) {
        if (c >= 'A' && c <= 'Z') {
            return c - 'A';
        }
        if (c >= 'a' && c <= 'z') {
            return c - 'a' + 26;
        }
        if (c >= '0' && c <= '9') {
            return c - '0' + 52;
        }
        return c == '-' ? 62 : c == '_' ? 63 : -1;
    }

    private static TokenRejectedException malformed() {
        return new TokenRejectedException("token: not three base64url parts joined by dots");
    }

    /** Not the token, because it could reach a log. */
    @Override
    public String toString() {
        return "CompactToken[" + (header.length() + claims.length() + signature.length() + 2) + " characters]";
    }
}
