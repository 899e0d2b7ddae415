package dev.broadcaster.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuthConfigTest {

    private static final String GOOD = "0123456789abcdef0123456789abcdef";

    @Test
    void problems_areNone_withGoodSettings() {
        assertThat(new AuthConfig(List.of(GOOD, GOOD + "2"), false, List.of("k", "~!")).problems())
                .isEmpty();
    }

    @Test
    void problems_areAllListed() {
        assertThat(new AuthConfig(List.of(), false, List.of()).problems())
                .satisfiesExactly(
                        secret -> assertThat(secret).startsWith("JWT_SECRET: not set"),
                        keys -> assertThat(keys).startsWith("API_KEYS: not set"));
        assertThat(new AuthConfig(List.of(GOOD, "", "hunter2"), false, List.of("k", "")).problems())
                .satisfiesExactly(
                        empty -> assertThat(empty).startsWith("JWT_SECRET: secret 2 of 3 is empty"),
                        weak -> assertThat(weak)
                                .startsWith("JWT_SECRET: secret 3 of 3 is 7 bytes (expected: >= 32)")
                                .contains("openssl rand -base64 48", "ALLOW_WEAK_JWT_SECRET=true")
                                .doesNotContain("hunter2"),
                        key -> assertThat(key).isEqualTo("API_KEYS: key 2 of 2 is empty"));
    }

    @Test
    void problems_countBytesNotCharacters() {
        assertThat(new AuthConfig(List.of("é".repeat(16)), false, List.of("k")).problems())
                .isEmpty();
        assertThat(new AuthConfig(List.of("é".repeat(15) + "x"), false, List.of("k")).problems())
                .hasSize(1);
    }

    @Test
    void problems_allowWeakSecrets_ifConfigured_butNoEmptyOnes() {
        assertThat(new AuthConfig(List.of("x"), true, List.of("k")).problems()).isEmpty();
        assertThat(new AuthConfig(List.of(""), true, List.of("k")).problems()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "a b", " a", "a\n", "\ta", "a\0", "é", "\u007f", "\ud800"})
    void problems_nameKeysThatNoHeaderCanCarry(String key) {
        assertThat(new AuthConfig(List.of(GOOD), false, List.of("k", key)).problems())
                .singleElement()
                .asString()
                .startsWith("API_KEYS: key 2 of 2 has white space");
    }

    @Test
    void problems_nameTooLongKeys() {
        String longest = "k".repeat(ApiKeys.MAX_KEY_CHARS);

        assertThat(new AuthConfig(List.of(GOOD), false, List.of(longest)).problems())
                .isEmpty();
        assertThat(new ApiKeys(new AuthConfig(List.of(), false, List.of(longest))).match("Bearer " + longest))
                .isNotNull();
        assertThat(new AuthConfig(List.of(GOOD), false, List.of(longest + "k")).problems())
                .hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sha256:", "sha256:beef", "sha256:zz"})
    void problems_nameMalformedHashes(String key) {
        String digits = "0".repeat(64);
        assertThat(new AuthConfig(List.of(GOOD), false, List.of("sha256:" + digits)).problems())
                .isEmpty();
        for (String wrong : List.of(key, key + digits)) {
            if (!wrong.equals("sha256:" + digits)) {
                assertThat(new AuthConfig(List.of(GOOD), false, List.of(wrong)).problems())
                        .containsExactly(
                                "API_KEYS: key 1 of 1 starts with sha256: (expected: followed by 64 hexadecimal digits)");
            }
        }
    }

    @Test
    void problems_nameTheHashOfAnEmptyKey() {
        String hash = "sha256:E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855=publish";

        assertThat(new AuthConfig(List.of(GOOD), false, List.of(hash)).problems())
                .containsExactly("API_KEYS: key 1 of 1 is the hash of an empty key");
    }

    @Test
    void toString_hidesSecretsAndKeys() {
        assertThat(new AuthConfig(List.of("hunter2"), true, List.of("swordfish")))
                .asString()
                .doesNotContain("hunter2")
                .doesNotContain("swordfish");
    }
}
