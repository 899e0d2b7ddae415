package dev.broadcaster.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.broadcaster.auth.keys.FakeKeySetServer;
import dev.broadcaster.auth.keys.KeySets;
import dev.broadcaster.auth.keys.PemFile;
import dev.broadcaster.time.Time;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tokens of every algorithm, made by PyJWT, npm jose and golang-jwt; src/test/fixtures/tokens/make makes them again.
 */
class ForeignTokensTest {
    private static final String ISSUER = "https://id.example.com";
    private static final Time NOW = HandMade.at(HandMade.NOW_SECONDS * 1_000);
    private static final JsonNode FIXTURE = fixture();

    @TempDir
    private Path folder;

    private static JsonNode fixture() {
        try (InputStream in = ForeignTokensTest.class.getResourceAsStream("foreign-tokens.json")) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static Stream<Arguments> tokens() {
        List<Arguments> tokens = new ArrayList<>();
        FIXTURE.get("tokens")
                .forEach(library -> library.get("tokens")
                        .fields()
                        .forEachRemaining(token -> tokens.add(Arguments.of(
                                library.get("library").asText(),
                                token.getKey(),
                                token.getValue().asText()))));
        return tokens.stream();
    }

    @Test
    void fixture_hasEveryAlgorithm_ofEachLibrary() {
        Set<String> algorithms =
                Set.of("HS256", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA");
        assertThat(FIXTURE.get("tokens")).hasSize(3).allSatisfy(library -> {
            Set<String> names = new HashSet<>();
            library.get("tokens").fieldNames().forEachRemaining(names::add);
            assertThat(names).isEqualTo(algorithms);
        });
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("tokens")
    void verify_takesTheToken_byTheKeySetOfItsIssuer(String library, String alg, String token) throws Exception {
        List<String> keys = new ArrayList<>();
        FIXTURE.get("keys").forEach(key -> keys.add(key.get("jwk").toString()));
        KeySets sets = FakeKeySetServer.loaded(ISSUER, "{\"keys\":[" + String.join(",", keys) + "]}", NOW);

        assertGood(new TokenVerifier(config(List.of()), sets, NOW), token);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("tokens")
    void verify_takesTheToken_byAFileOfAllKeys(String library, String alg, String token) throws Exception {
        StringBuilder pem = new StringBuilder("public keys of several services\n");
        FIXTURE.get("keys").forEach(key -> pem.append(key.get("pem").asText()).append("# and another\n"));
        Path file = Files.writeString(folder.resolve("keys.pem"), pem);

        assertGood(new TokenVerifier(config(PemFile.read(file)), NOW), token);
    }

    private static void assertGood(TokenVerifier verifier, String token) throws Exception {
        Identity identity = verifier.verify(token);
        assertThat(identity.subject()).isEqualTo("alice");
        assertThat(identity.maySubscribe("chat:lobby")).isTrue();
        assertThat(identity.mayPublish("chat:lobby")).isTrue();
        assertThat(verifier.verify(token)).as("a token that comes again").isSameAs(identity);

        int last = token.length() - 5; // not the last character, which may have spare bits
        String forged = token.substring(0, last) + (token.charAt(last) == 'A' ? 'B' : 'A') + token.substring(last + 1);
        assertThat(catchThrowable(() -> verifier.verify(forged)))
                .isInstanceOf(TokenRejectedException.class)
                .hasMessageStartingWith("signature");
    }

    private static AuthConfig config(List<String> publicKeys) {
        return new AuthConfig(
                List.of(FIXTURE.get("secret").asText()),
                false,
                List.of("key"),
                new TokenConfig(List.of(), publicKeys, List.of("broadcaster"), Grants.NONE));
    }
}
