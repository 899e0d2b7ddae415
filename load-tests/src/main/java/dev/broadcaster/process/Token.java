package dev.broadcaster.process;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Makes the tokens of clients (PROTOCOL.md section 5): JWTs, signed with HS256. Safe from any thread. */
public final class Token {
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
    private static final String HEADER = encoded("{\"alg\":\"HS256\",\"typ\":\"JWT\"}");

    private Token() {}

    /**
     * A token that may subscribe and publish.
     *
     * @param subject letters, digits and {@code -}
     * @param channels names, {@code prefix:*} or {@code *}
     */
    public static String mint(String secret, String subject, List<String> channels, Duration lifetime) {
        long now = Instant.now().getEpochSecond();
        String names = channels.stream().map(name -> '"' + name + '"').collect(Collectors.joining(","));
        String claims = "{\"aud\":\"broadcaster\",\"sub\":\"" + subject + "\",\"iat\":" + now + ",\"exp\":"
                + (now + lifetime.toSeconds()) + ",\"authorizedChannels\":[" + names
                + "],\"scope\":[\"subscribe\",\"publish\"]}";
        String signed = HEADER + '.' + encoded(claims);
        return signed + '.' + BASE64.encodeToString(hmac(secret, signed));
    }

    private static String encoded(String json) {
        return BASE64.encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] hmac(String secret, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }
}
