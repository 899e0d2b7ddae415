package dev.broadcaster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class TokenMinterTest {
    private static final String SECRET = "0123456789abcdef0123456789abcdef";
    private final TokenMinter tokens =
            TokenMinter.hs256(SECRET, InstantSource.fixed(Instant.parse("2026-11-30T00:00:00Z")));

    @Test
    void token_hasTheClaimsOfTheProtocol_andASignature() throws Exception {
        String token = tokens.mint(
                "al\"ice", List.of("chat:*", "news"), EnumSet.allOf(TokenMinter.Scope.class), Duration.ofHours(1));
        String[] parts = token.split("\\.");
        JsonObject claims =
                JsonObject.parse(new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8));
        assertThat(claims.string("aud")).isEqualTo("broadcaster");
        assertThat(claims.string("sub")).isEqualTo("al\"ice");
        assertThat(claims.strings("authorizedChannels")).containsExactly("chat:*", "news");
        assertThat(claims.strings("scope")).containsExactly("subscribe", "publish");
        assertThat(claims.integer("iat"))
                .isEqualTo(Instant.parse("2026-11-30T00:00:00Z").getEpochSecond());
        assertThat(claims.integer("exp") - claims.integer("iat")).isEqualTo(3600);
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        byte[] signature = mac.doFinal((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
        assertThat(Base64.getUrlDecoder().decode(parts[2])).isEqualTo(signature);
        assertThat(Names.isToken(token)).isTrue();
    }

    @Test
    void token_isNotMade_withoutWhatItNeeds() {
        var scopes = Set.of(TokenMinter.Scope.SUBSCRIBE);
        var hour = Duration.ofHours(1);
        assertThatThrownBy(() -> tokens.mint("", List.of("*"), scopes, hour))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tokens.mint("a", List.of(), scopes, hour))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tokens.mint("a", List.of("*"), Set.of(), hour))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tokens.mint("a", List.of("*"), scopes, Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TokenMinter.hs256("")).isInstanceOf(IllegalArgumentException.class);
    }
}
