package dev.broadcaster.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeysTest {

    private final ApiKeys keys = new ApiKeys(new AuthConfig(List.of(), false, List.of("first-key", "Second+Key/=")));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Bearer first-key",
                "bearer first-key",
                "BEARER first-key",
                "bEaReR   first-key",
                "Bearer \t first-key",
                "Bearer first-key  ",
                " Bearer first-key"
            })
    void match_acceptsTheScheme_inAnyCaseAndSpacing(String header) {
        assertThat(HandMade.number(keys, header)).isZero();
    }

    @Test
    void match_returnsTheNumberOfTheKey() {
        assertThat(HandMade.number(keys, "Bearer Second+Key/=")).isEqualTo(1);
    }

    @ParameterizedTest
    @NullAndEmptySource
    @ValueSource(
            strings = {
                " ",
                "Bearer",
                "Bearer ",
                "first-key",
                "Bearerfirst-key",
                "Bearer: first-key",
                "Bearer,first-key",
                "Basic first-key",
                "Bearer first-ke",
                "Bearer first-keyy",
                "Bearer First-key",
                "Bearer first-key first-key",
                "Bearer first-key,Second+Key/=",
                "Bearer Bearer first-key",
                "Bearer \"first-key\"",
                "Bearer first-key\0",
                "Bearer first-key\n",
                "Bearer\u00a0first-key",
                "Bearer first-key\u00e9",
                "Bearer \uff46irst-key",
                "Bearer \ud800",
                "\u0130earer first-key",
            })
    void match_findsNothing_inAnythingElse(String header) {
        assertThat(HandMade.number(keys, header)).isEqualTo(-1);
    }

    @Test
    void match_findsNothing_inAHeaderOver10000Characters() {
        assertThat(HandMade.number(keys, "Bearer " + " ".repeat(9_984) + "first-key"))
                .isZero();
        assertThat(HandMade.number(keys, "Bearer " + " ".repeat(9_985) + "first-key"))
                .isEqualTo(-1);
        assertThat(HandMade.number(keys, "x".repeat(5_000_000))).isEqualTo(-1);
    }

    @Test
    void match_findsNothing_withoutKeys() {
        assertThat(new ApiKeys(new AuthConfig(List.of(), false, List.of())).match("Bearer "))
                .isNull();
    }

    @Test
    void match_acceptsAKey_whoseHashIsKnown() throws Exception {
        String hash = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest("secret-key".getBytes(StandardCharsets.UTF_8)));
        for (String hex : List.of(hash, hash.toUpperCase(Locale.ROOT))) {
            ApiKeys hashed = new ApiKeys(new AuthConfig(List.of(), false, List.of("plain", "sha256:" + hex)));
            assertThat(HandMade.number(hashed, "Bearer secret-key")).isEqualTo(1);
            assertThat(HandMade.number(hashed, "Bearer plain")).isZero();
            assertThat(HandMade.number(hashed, "Bearer sha256:" + hex)).isEqualTo(-1);
        }
    }

    @Test
    void replaceKeys_changesNothing_whenAKeyIsMalformed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> keys.replaceKeys(new AuthConfig(List.of(), false, List.of("k", "sha256:beef"))))
                .withMessageContaining("64 hexadecimal digits")
                .withMessageNotContaining("beef");
        assertThat(HandMade.number(keys, "Bearer first-key")).isZero();
    }
}
