package dev.broadcaster.clients;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs tokens as an application's server would, with nothing of the gateway's. */
final class TokenForTest {
    static final String SECRET = "a secret of thirty-two bytes or more";
    static final String API_KEY = "key/of+the=clients-tests";

    private TokenForTest() {}

    static String of(String subject, String channelsJson, String scopeJson) {
        long exp = Instant.now().plusSeconds(3600).getEpochSecond();
        String claims =
                """
                {"sub":"%s","aud":"broadcaster","exp":%d,"authorizedChannels":%s,"scope":%s}"""
                        .formatted(subject, exp, channelsJson, scopeJson);
        String signed = base64("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".getBytes(UTF_8)) + "." + base64(claims.getBytes(UTF_8));
        return signed + "." + base64(hmac(signed));
    }

    private static byte[] hmac(String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(SECRET.getBytes(UTF_8), "HmacSHA256"));
            return mac.doFinal(text.getBytes(UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
