package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.auth.AuthConfig;
import dev.broadcaster.auth.Identity;
import dev.broadcaster.auth.TokenVerifier;
import dev.broadcaster.time.Time;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TokenCommandTest {
    private static final String FIRST = "0123456789abcdef0123456789abcdef";
    private static final Map<String, String> ENVIRONMENT = Map.of("JWT_SECRET", FIRST + "|another");

    @Test
    void token_isSignedWithTheFirstSecret_andHasTheRequestedClaims() throws Exception {
        Run run = Run.broadcaster(
                ENVIRONMENT,
                "",
                "token",
                "--sub",
                "alice",
                "--channels",
                "chat:*,news",
                "--scope",
                "publish",
                "--ttl",
                "10m");

        assertThat(run.exitCode()).isZero();
        Identity identity = verify(FIRST, run.out().strip());
        assertThat(identity.subject()).isEqualTo("alice");
        assertThat(identity.mayPublish("chat:lobby")).isTrue();
        assertThat(identity.mayPublish("news")).isTrue();
        assertThat(identity.mayPublish("other")).isFalse();
        assertThat(identity.mayPublish("chat:lobby")).isTrue();
        assertThat(identity.maySubscribe("chat:lobby")).isFalse();
        assertThat(identity.expiresAtMillis() - System.currentTimeMillis())
                .isBetween(
                        Duration.ofMinutes(9).toMillis(), Duration.ofMinutes(11).toMillis());
    }

    @ParameterizedTest
    @ValueSource(strings = {"chat*", "chat:*:*", "**", "a b", ":a", "a::b", ":*", "chat:**", "a,chat*", "*a", "chat:-"})
    void token_isNotMade_whenOneOfItsChannelsOpensNothing(String channels) {
        Run run = Run.broadcaster(ENVIRONMENT, "", "token", "--sub", "a", "--channels", channels);

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("opens no channel");
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "a", "a:*", "a:b:*", "a-b", "chat-:*"})
    void token_isMade_whenEachOfItsChannelsOpensSomething(String channels) {
        assertThat(Run.broadcaster(ENVIRONMENT, "", "token", "--sub", "a", "--channels", channels)
                        .exitCode())
                .isZero();
    }

    @Test
    void token_maySubscribeForAnHour_byDefault() throws Exception {
        Run run = Run.broadcaster(ENVIRONMENT, "", "token", "--sub", "a", "--channels", "b");

        Identity identity = verify(FIRST, run.out().strip());
        assertThat(identity.maySubscribe("b")).isTrue();
        assertThat(identity.mayPublish("b")).isFalse();
        assertThat(identity.expiresAtMillis() - System.currentTimeMillis())
                .isBetween(
                        Duration.ofMinutes(59).toMillis(),
                        Duration.ofMinutes(61).toMillis());
    }

    @Test
    void dev_signsWithTheDevelopmentSecret() throws Exception {
        Run run = Run.broadcaster("token", "--dev", "--sub", "a", "--channels", "*");

        assertThat(verify(DevMode.SECRET, run.out().strip()).maySubscribe("any"))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--sub a",
                "--channels a",
                "--sub a --channels b --scope admin",
                "--sub a --channels b --ttl 10",
                "--sub a --channels b --ttl 10ms",
                "--sub a --channels b --unknown",
            })
    void token_isRefused_whenUsedWrongly(String args) {
        Run run = Run.broadcaster(ENVIRONMENT, "", ("token " + args).split(" "));

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("broadcaster token: ");
    }

    @Test
    void token_isSignedWithTheFirstSecretOfTheFile(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("jwt"), FIRST + "\nanother\n");

        Run run = Run.broadcaster(
                Map.of("JWT_SECRET_FILE", file.toString()), "", "token", "--sub", "a", "--channels", "b");

        assertThat(verify(FIRST, run.out().strip()).subject()).isEqualTo("a");
    }

    @Test
    void token_isRefused_whenNoSecretIsSet() {
        Run run = Run.broadcaster("token", "--sub", "a", "--channels", "b");

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("JWT_SECRET: not set");
    }

    private static Identity verify(String secret, String token) throws Exception {
        return new TokenVerifier(new AuthConfig(List.of(secret), true, List.of()), Time.SYSTEM).verify(token);
    }
}
