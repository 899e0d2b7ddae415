package dev.broadcaster.client;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes tokens for users (section 5 of the protocol), signed with HS256. For servers: the secret must not leave them.
 */
public final class TokenMinter {
    private static final String HEAD = base64("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8));

    private final SecretKeySpec key;
    private final InstantSource time;

    /** The rights of a token. */
    public enum Scope {
        SUBSCRIBE,
        PUBLISH
    }

    private TokenMinter(SecretKeySpec key, InstantSource time) {
        this.key = key;
        this.time = time;
    }

    /**
     * Signs with one of the gateway's {@code JWT_SECRET}.
     *
     * @throws IllegalArgumentException if the secret is empty
     */
    public static TokenMinter hs256(String secret) {
        return hs256(secret, InstantSource.system());
    }

    static TokenMinter hs256(String secret, InstantSource time) {
        return new TokenMinter(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"), time);
    }

    /**
     * A token.
     *
     * @param user the claim {@code sub}
     * @param channels names, or a prefix and {@code :*}, or {@code *}
     * @param lifetime whole seconds
     * @throws IllegalArgumentException if the user, the channels or the scopes are empty, or the lifetime is not positive
     */
    public String mint(String user, List<String> channels, Set<Scope> scopes, Duration lifetime) {
        if (user.isEmpty() || channels.isEmpty() || scopes.isEmpty() || lifetime.toSeconds() <= 0) {
            throw new IllegalArgumentException("user, channels, scopes and lifetime are needed");
        }
        long now = time.instant().getEpochSecond();
        String claims = "{\"aud\":\"broadcaster\",\"sub\":" + Json.quote(user) + ",\"authorizedChannels\":"
                + channels.stream().map(Json::quote).collect(Collectors.joining(",", "[", "]")) + ",\"scope\":"
                + scopes.stream().sorted().map(TokenMinter::name).collect(Collectors.joining(",", "[", "]"))
                + ",\"iat\":" + now + ",\"exp\":" + (now + lifetime.toSeconds()) + "}";
        String text = HEAD + "." + base64(claims.getBytes(StandardCharsets.UTF_8));
        return text + "." + base64(sign(text));
    }

    private static String name(Scope scope) {
        return switch (scope) {
            case SUBSCRIBE -> "\"subscribe\"";
            case PUBLISH -> "\"publish\"";
        };
    }

    private byte[] sign(String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256"); // A Mac is not safe for several threads.
            mac.init(key);
            return mac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
