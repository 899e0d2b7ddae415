package dev.broadcaster.testing;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Hand-made JWTs, so that each part can be wrong in ways that no library allows. The builder holds the claims as raw
 * JSON. For one thread.
 */
public final class Tokens {
    /** The secret of the nodes that tests start. */
    public static final String SECRET = "a-secret-of-the-tests-and-of-nothing-else";

    public static final String HS256 = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";

    private final Map<String, String> claims = new LinkedHashMap<>();

    private Tokens() {}

    /** Claims that the gateway accepts: every channel, both scopes, an hour of lifetime. */
    public static Tokens claims() {
        return new Tokens()
                .with("sub", "\"tester\"")
                .with("aud", "\"broadcaster\"")
                .with("exp", String.valueOf(now() + 3600))
                .with("authorizedChannels", "[\"*\"]")
                .with("scope", "[\"subscribe\",\"publish\"]");
    }

    /** A token for these channels with both scopes. */
    public static String forChannels(String... channels) {
        return claims().channels(channels).token();
    }

    public static String valid() {
        return claims().token();
    }

    public static long now() {
        return System.currentTimeMillis() / 1000;
    }

    public Tokens with(String claim, String rawJson) {
        claims.put(claim, rawJson);
        return this;
    }

    public Tokens without(String claim) {
        claims.remove(claim);
        return this;
    }

    public Tokens channels(String... channels) {
        return with("authorizedChannels", array(channels));
    }

    public Tokens scope(String... scopes) {
        return with("scope", array(scopes));
    }

    public Tokens expiresIn(long seconds) {
        return with("exp", String.valueOf(now() + seconds));
    }

    public String json() {
        return claims.entrySet().stream()
                .map(claim -> quote(claim.getKey()) + ":" + claim.getValue())
                .collect(Collectors.joining(",", "{", "}"));
    }

    public String token() {
        return token(SECRET);
    }

    public String token(String secret) {
        return signed(HS256, json(), secret);
    }

    /** These texts, signed with {@link #SECRET} by HMAC-SHA256, independent of the header. */
    public static String signed(String header, String claims) {
        return signed(header, claims, SECRET);
    }

    /** These texts, signed by HMAC-SHA256, independent of the header. */
    public static String signed(String header, String claims, String secret) {
        return signed(
                header.getBytes(StandardCharsets.UTF_8), claims.getBytes(StandardCharsets.UTF_8), "HmacSHA256", secret);
    }

    public static String signed(byte[] header, byte[] claims, String mac, String secret) {
        return withSignature(base64(header) + "." + base64(claims), mac, secret);
    }

    /** Adds the signature to the other two parts. */
    public static String withSignature(String parts, String mac, String secret) {
        return parts + "." + base64(hmac(parts, mac, secret));
    }

    public static byte[] hmac(String parts, String algorithm, String secret) {
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), algorithm));
            return mac.doFinal(parts.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    public static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    public static String array(String... values) {
        return java.util.Arrays.stream(values).map(Tokens::quote).collect(Collectors.joining(",", "[", "]"));
    }

    private static String quote(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
