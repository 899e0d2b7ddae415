package dev.broadcaster.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.broadcaster.time.Time;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Tokens put together by hand, so that they can be wrong in every way and owe nothing to the library under test. */
final class HandMade {

    static final String SECRET = "0123456789abcdef0123456789abcdef";
    static final String HEADER = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";

    /** 2026-01-01T00:00:00Z. */
    static final long NOW_SECONDS = 1_767_225_600;

    private HandMade() {}

    static String good() {
        return token(claims());
    }

    /** The members of a good set of claims, with those of the same name replaced by what is given. */
    static String claims(String... replacements) {
        List<String> members = List.of(
                "\"aud\":\"broadcaster\"",
                "\"sub\":\"alice\"",
                "\"exp\":" + (NOW_SECONDS + 60),
                "\"authorizedChannels\":[\"chat\"]",
                "\"scope\":[\"subscribe\",\"publish\"]");
        StringBuilder json = new StringBuilder("{\"jti\":\"1\"");
        for (String member : members) {
            String name = member.substring(0, member.indexOf(':') + 1);
            if (List.of(replacements).stream().noneMatch(it -> it.startsWith(name) || it.equals("-" + name))) {
                json.append(',').append(member);
            }
        }
        for (String replacement : replacements) {
            if (!replacement.startsWith("-")) {
                json.append(',').append(replacement);
            }
        }
        return json.append('}').toString();
    }

    static String token(String claims) {
        return token(HEADER, claims, SECRET);
    }

    static String token(String header, String claims, String secret) {
        return token(header.getBytes(UTF_8), claims.getBytes(UTF_8), secret, "HmacSHA256");
    }

    static String token(byte[] header, byte[] claims, String secret, String algorithm) {
        return signed(base64(header) + "." + base64(claims), secret, algorithm);
    }

    static String signed(String input, String secret, String algorithm) {
        return input + "." + base64(hmac(input, secret, algorithm));
    }

    static byte[] hmac(String input, String secret, String algorithm) {
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(secret.getBytes(UTF_8), algorithm));
            return mac.doFinal(input.getBytes(UTF_8));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    static TokenVerifier verifier(String... secrets) {
        return new TokenVerifier(config(true, secrets), at(NOW_SECONDS * 1_000));
    }

    static AuthConfig config(boolean weakSecretsAllowed, String... secrets) {
        return new AuthConfig(List.of(secrets), weakSecretsAllowed, List.of("key"));
    }

    static Time at(long epochMillis) {
        return new Time() {
            @Override
            public long nanos() {
                return epochMillis * 1_000_000;
            }

            @Override
            public long epochMillis() {
                return epochMillis;
            }
        };
    }
}
