package dev.broadcaster.blackbox;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * JWTs made by hand, so that each part can be wrong in a way that no library would let one write. A builder of claims
 * holds raw JSON texts; one thread.
 */
final class Tokens {

    static final String HS256 = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";

    private final Map<String, String> claims = new LinkedHashMap<>();

    private Tokens() {}

    /** Claims that the gateway accepts: every channel, both scopes, an hour to live. */
    static Tokens claims() {
        return new Tokens()
                .with("sub", "\"tester\"")
                .with("aud", "\"broadcaster\"")
                .with("exp", String.valueOf(now() + 3600))
                .with("authorizedChannels", "[\"*\"]")
                .with("scope", "[\"subscribe\",\"publish\"]");
    }

    /** A token for these channels with both scopes. */
    static String forChannels(String... channels) {
        return claims().channels(channels).token();
    }

    static String valid() {
        return claims().token();
    }

    static long now() {
        return System.currentTimeMillis() / 1000;
    }

    Tokens with(String claim, String rawJson) {
        claims.put(claim, rawJson);
        return this;
    }

    Tokens without(String claim) {
        claims.remove(claim);
        return this;
    }

    Tokens channels(String... channels) {
        return with("authorizedChannels", array(channels));
    }

    Tokens scope(String... scopes) {
        return with("scope", array(scopes));
    }

    Tokens expiresIn(long seconds) {
        return with("exp", String.valueOf(now() + seconds));
    }

    String json() {
        return claims.entrySet().stream()
                .map(claim -> Json.quote(claim.getKey()) + ":" + claim.getValue())
                .collect(Collectors.joining(",", "{", "}"));
    }

    String token() {
        return signed(HS256, json());
    }

    /** These texts, signed with the gateway's secret by HMAC-SHA256, whatever the header says. */
    static String signed(String header, String claims) {
        return signed(header, claims.getBytes(StandardCharsets.UTF_8), "HmacSHA256", TestGateway.SECRET);
    }

    static String signed(String header, byte[] claims, String mac, String secret) {
        String signedPart = base64(header.getBytes(StandardCharsets.UTF_8)) + "." + base64(claims);
        return signedPart + "." + base64(mac(signedPart, mac, secret));
    }

    private static byte[] mac(String signedPart, String algorithm, String secret) {
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), algorithm));
            return mac.doFinal(signedPart.getBytes(StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    static String array(String... values) {
        return java.util.Arrays.stream(values).map(Json::quote).collect(Collectors.joining(",", "[", "]"));
    }
}
