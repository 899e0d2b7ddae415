package dev.broadcaster.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.auth.keys.VerificationKey;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class VerifiedTokensTest {
    private static final Identity ALICE =
            new Identity("alice", ChannelGrants.of(List.of("a")), ChannelGrants.of(List.of("a")), 1);
    private static final VerificationKey KEY = VerificationKey.ofSecret(new byte[32]);

    private final VerifiedTokens tokens = new VerifiedTokens();

    @Test
    void get_returnsOnlyAddedTokens() {
        tokens.add(key("a.b.c"), ALICE, KEY);

        assertThat(tokens.get(key("a.b.c"))).isSameAs(ALICE);
        assertThat(tokens.get(key("a.b.C"))).isNull();
        assertThat(tokens.get(key("a.b.c "))).isNull();
    }

    @Test
    void add_dropsUnusedTokens_andKeepsTheRest() {
        tokens.add(key("used"), ALICE, KEY);
        tokens.add(key("unused"), ALICE, KEY);
        IntStream.range(0, 3 * VerifiedTokens.GENERATION).forEach(i -> {
            tokens.add(key("t" + i), ALICE, KEY);
            assertThat(tokens.get(key("used"))).isSameAs(ALICE);
        });

        assertThat(tokens.get(key("unused"))).isNull();
        long known = IntStream.range(0, 3 * VerifiedTokens.GENERATION)
                .filter(i -> tokens.get(key("t" + i)) != null)
                .count();
        assertThat(known).isBetween((long) VerifiedTokens.GENERATION / 2, 2L * VerifiedTokens.GENERATION);
    }

    @Test
    void key_isNull_forAVeryLongToken() {
        assertThat(VerifiedTokens.key("x".repeat(VerifiedTokens.MAX_CHARS))).isNotNull();
        assertThat(VerifiedTokens.key("x".repeat(VerifiedTokens.MAX_CHARS + 1))).isNull();
    }

    private static ByteBuffer key(String token) {
        ByteBuffer key = VerifiedTokens.key(token);
        assertThat(key).isNotNull();
        return key;
    }
}
