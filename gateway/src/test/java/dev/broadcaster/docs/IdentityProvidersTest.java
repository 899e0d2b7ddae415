package dev.broadcaster.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.GatewayConfig;
import dev.broadcaster.auth.TokenConfig;
import dev.broadcaster.auth.keys.SigningKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The settings in {@code docs/identity-providers.md} start a node. */
class IdentityProvidersTest {
    private static final Path PAGE = Path.of("..", "docs", "identity-providers.md");
    private static final Pattern BLOCK = Pattern.compile("(?s)```\n(JWT_.*?)```");

    @Test
    void settingsOfEachProvider_startANode(@TempDir Path folder) throws Exception {
        Path pem = Files.writeString(
                folder.resolve("keys.pem"), SigningKey.ed25519("").pem());
        List<String> blocks = BLOCK.matcher(Files.readString(PAGE))
                .results()
                .map((MatchResult block) -> block.group(1))
                .toList();
        assertThat(blocks).hasSize(7);
        for (String block : blocks) {
            Map<String, String> settings = new HashMap<>(Map.of("API_KEYS", "key"));
            block.lines().forEach(line -> {
                int equals = line.indexOf('=');
                settings.put(line.substring(0, equals), line.substring(equals + 1));
            });
            settings.replace("JWT_PUBLIC_KEY_FILE", pem.toString());

            TokenConfig tokens = GatewayConfig.parse(settings).auth().tokens();

            assertThat(tokens.issuers().size() + tokens.publicKeys().size())
                    .as(block)
                    .isEqualTo(1);
            tokens.issuers().forEach(issuer -> {
                assertThat(issuer.name()).as(block).startsWith("https://");
                assertThat(issuer.keySet().getScheme()).as(block).isEqualTo("https");
            });
            assertThat(tokens.grants().toString()).as(block).contains("user:{");
        }
    }
}
