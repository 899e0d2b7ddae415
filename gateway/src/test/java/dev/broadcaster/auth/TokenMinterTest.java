package dev.broadcaster.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenMinterTest {

    private static final long NOW = HandMade.NOW_SECONDS * 1_000 + 999;

    @ParameterizedTest
    @ValueSource(
            strings = {
                HandMade.SECRET,
                "weak",
                "a secret that is longer than the sixty-four bytes of a block of SHA-256"
            })
    void mint_makesATokenThatTheVerifierAccepts(String secret) throws Exception {
        String token = new TokenMinter(secret, HandMade.at(NOW))
                .mint("Zoë \"🦊\"", List.of("chat:*", "news"), List.of("publish"), Duration.ofMinutes(5));

        Identity identity = new TokenVerifier(HandMade.config(true, secret), HandMade.at(NOW)).verify(token);

        assertThat(identity.subject()).isEqualTo("Zoë \"🦊\"");
        assertThat(identity.mayPublish("chat:1")).isTrue();
        assertThat(identity.mayPublish("news")).isTrue();
        assertThat(identity.mayPublish("other")).isFalse();
        assertThat(identity.maySubscribe("chat:1")).isFalse();
        assertThat(identity.mayPublish("chat:1")).isTrue();
        assertThat(identity.expiresAtMillis()).isEqualTo((HandMade.NOW_SECONDS + 300) * 1_000 + 30_000);
    }

    @Test
    void mint_acceptsTheLongestLifetime() throws Exception {
        String token = mint("s", List.of("c"), Duration.ofDays(36_500));

        assertThat(HandMade.verifier(HandMade.SECRET).verify(token).subject()).isEqualTo("s");
    }

    @Test
    void mint_isRefused_whenTheVerifierWouldRefuse() {
        List<String> channel = List.of("c");
        Duration minute = Duration.ofMinutes(1);
        List<String> many =
                IntStream.range(0, 10_000).mapToObj(Integer::toString).toList();

        assertThatIllegalArgumentException().isThrownBy(() -> mint("", channel, minute));
        assertThatIllegalArgumentException().isThrownBy(() -> mint("s", List.of(), minute));
        assertThatIllegalArgumentException().isThrownBy(() -> mint("s", channel, Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> mint("s", channel, minute.negated()));
        assertThatIllegalArgumentException().isThrownBy(() -> mint("s", channel, Duration.ofSeconds(Long.MAX_VALUE)));
        assertThatIllegalArgumentException().isThrownBy(() -> mint("s", many, minute));
        assertThatIllegalArgumentException().isThrownBy(() -> new TokenMinter("", HandMade.at(NOW)));
    }

    private static String mint(String subject, List<String> channels, Duration lifetime) {
        return new TokenMinter(HandMade.SECRET, HandMade.at(NOW))
                .mint(subject, channels, List.of("subscribe"), lifetime);
    }
}
