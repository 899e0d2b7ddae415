package dev.broadcaster.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TokenTest {
    @Test
    void token_namesAudienceChannelsAndScopes() {
        String[] parts = Token.mint("secret", "alice-1", List.of("a", "b:*"), Duration.ofMinutes(1))
                .split("\\.");

        assertThat(parts).hasSize(3);
        assertThat(new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8))
                .contains("\"aud\":\"broadcaster\"", "\"sub\":\"alice-1\"")
                .contains("\"authorizedChannels\":[\"a\",\"b:*\"]", "\"scope\":[\"subscribe\",\"publish\"]");
    }
}
