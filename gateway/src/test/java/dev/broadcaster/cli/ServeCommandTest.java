package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The problems that prevent a start. {@code ServeIT} tests a running node. */
final class ServeCommandTest {
    @Test
    void serve_listsEveryProblem_unknownFlagsToo() {
        Run run = Run.broadcaster(
                Map.of("LOG_LEVEL", "loud"),
                "",
                "serve",
                "--max-body-byts=1",
                "--port=x",
                "--idle-timeout",
                "5",
                "surplus");

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.out()).isEmpty();
        assertThat(run.err().lines().map(String::strip))
                .anyMatch(line -> line.startsWith("--max-body-byts: unknown (did you mean --max-body-bytes"))
                .anyMatch(line -> line.startsWith("surplus: unknown"))
                .anyMatch(line -> line.startsWith("PORT: x"))
                .anyMatch(line -> line.startsWith("IDLE_TIMEOUT: 5"))
                .noneMatch(line -> line.startsWith("PING_INTERVAL"))
                .anyMatch(line -> line.startsWith("LOG_LEVEL: loud"))
                .anyMatch(line -> line.startsWith("JWT_SECRET"));
    }

    @Test
    void flag_winsOverTheEnvironment() {
        Run run = Run.broadcaster(Map.of("PORT", "first", "HOST", "a b"), "", "serve", "--port=second");

        assertThat(run.err()).contains("PORT: second", "HOST: a b").doesNotContain("first");
    }

    @Test
    void flagWithoutItsValue_isWrongUse() {
        assertThat(Run.broadcaster("serve", "--port").exitCode()).isEqualTo(ExitCode.USAGE);
    }

    /** A limit that no code reads would have no effect. */
    @ParameterizedTest
    @CsvSource({
        "MAX_CONNECTION, MAX_CONNECTIONS",
        "MAX_CONECTIONS, MAX_CONNECTIONS",
        "IDLE_TIMEOT, IDLE_TIMEOUT",
        "ALOWED_ORIGINS, ALLOWED_ORIGINS",
        "REDIS_URI, REDIS_URL",
        "TLS_CERTS, TLS_CERT",
        "API_KEY, API_KEYS",
        "JWT_SECRETS, JWT_SECRET"
    })
    void misspeltVariable_stopsTheStart(String variable, String meant) {
        Run run = Run.broadcaster(Map.of(variable, "5", "PORT", "x"), "", "serve");

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err())
                .contains(variable + ": unknown (did you mean " + meant + "?)")
                .contains("PORT: x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"PATH", "POST", "HOSTS", "JAVA_HOME", "REDIS_PORT", "REDIS_SERVICE_HOST", "LOGNAME", "MAIL"})
    void foreignVariable_isIgnored(String variable) {
        assertThat(Run.broadcaster(Map.of(variable, "5", "PORT", "x"), "", "serve")
                        .err())
                .contains("PORT: x")
                .doesNotContain(variable + ":");
    }

    /** Kubernetes adds these for Services of the names tls, management, redis-tls, api and max-connections. */
    @ParameterizedTest
    @CsvSource({
        "TLS_PORT, tcp://10.96.0.7:443",
        "TLS_PORT, 'tcp://[fd00::7]:443'",
        "TLS_PORT, udp://10.96.0.7:443",
        "MANAGEMENT_PORT, tcp://10.96.0.7:80",
        "MANAGEMENT_PORT_80_TCP_PORT, 80",
        "MANAGEMENT_SERVICE_HOST, 10.96.0.7",
        "REDIS_TLS_PORT, tcp://10.96.0.7:6380",
        "REDIS_PORT, tcp://10.96.0.7:6379",
        "API_PORT, tcp://10.96.0.7:80",
        "HISTORY_PORT, tcp://10.96.0.7:80"
    })
    void serviceLink_isIgnored(String variable, String value) {
        String err = Run.broadcaster(Map.of(variable, value, "BASE_PATH", "x"), "", "serve", "--dev")
                .err();

        assertThat(err).contains("BASE_PATH: x").doesNotContain(variable);
    }

    @ParameterizedTest
    @CsvSource({"TLS_PORT, 443", "MANAGEMENT_PORT, tcp", "MANAGEMENT_PORT, http://10.96.0.7:80"})
    void otherValueOfSuchAName_stopsTheStart(String variable, String value) {
        Run run = Run.broadcaster(Map.of(variable, value, "BASE_PATH", "x"), "", "serve", "--dev");

        assertThat(run.err()).contains(variable + ": ");
    }

    @Test
    void serviceLinks_areNamed_whenTheyLookLikeSettings() {
        Map<String, String> environment = Map.of(
                "TLS_PORT", "tcp://10.96.0.7:443",
                "MANAGEMENT_PORT", "tcp://10.96.0.8:80",
                "REDIS_PORT", "tcp://10.96.0.9:6379",
                "MAX_CONNECTIONS", "5");

        assertThat(ServiceLinks.likeSettings(environment)).containsExactly("MANAGEMENT_PORT", "TLS_PORT");
        assertThat(ServiceLinks.removedFrom(environment)).containsOnlyKeys("MAX_CONNECTIONS");
    }

    @Test
    void misspeltVariable_isIgnored_whenTheSettingHasAFile() {
        assertThat(Run.broadcaster(Map.of("API_KEY", "others'", "API_KEYS_FILE", "/nowhere", "PORT", "x"), "", "serve")
                        .err())
                .contains("PORT: x")
                .doesNotContain("API_KEY:");
    }

    @Test
    void misspeltVariable_isIgnored_whenTheSettingIsSetToo() {
        assertThat(Run.broadcaster(
                                Map.of("MAX_CONNECTION", "5", "MAX_CONNECTIONS", "5", "API_KEY", "k", "PORT", "x"),
                                "",
                                "serve",
                                "--dev")
                        .err())
                .contains("PORT: x")
                .doesNotContain("unknown");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HOST", "MANAGEMENT_HOST"})
    void dev_refusesAnAddressThatOthersCanReach(String setting) {
        Run run = Run.broadcaster(Map.of(setting, "0.0.0.0", "PORT", "x"), "", "serve", "--dev");

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err())
                .contains(setting + ": 0.0.0.0 (expected: 127.0.0.1 with --dev")
                .contains("PORT: x");
    }

    @Test
    void serve_refusesTheSecretsOfDev() {
        Run run = Run.broadcaster(
                Map.of(
                        "JWT_SECRET", "mine|" + DevMode.SECRET,
                        "ALLOW_WEAK_JWT_SECRET", "true",
                        "API_KEYS", "mine," + DevMode.API_KEY),
                "",
                "serve");

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("JWT_SECRET: the secret of 'serve --dev'", "API_KEYS: the key of 'serve --dev'");
    }

    @Test
    void dev_addsMissingSettings_andKeepsOthers() {
        Map<String, String> complete = DevMode.complete(Map.of("JWT_SECRET", "mine", "API_KEYS", " "));

        assertThat(DevMode.complete(Map.of("HISTORY", "chat:=5/1m"))).containsEntry("HISTORY", "chat:=5/1m");
        assertThat(complete)
                .containsEntry("JWT_SECRET", "mine")
                .containsEntry("HISTORY", "*=100/10m")
                .containsEntry("API_KEYS", DevMode.API_KEY + "=publish+read+control")
                .containsEntry("HOST", "127.0.0.1")
                .containsEntry("ALLOW_WEAK_JWT_SECRET", "true");
    }

    @Test
    void serve_refusesTheSecretsOfDev_inFilesToo(@TempDir Path folder) throws Exception {
        Path secrets = Files.writeString(folder.resolve("jwt"), DevMode.SECRET);
        Path keys = Files.writeString(folder.resolve("keys"), "mine\n" + DevMode.API_KEY);

        Run run = Run.broadcaster(
                Map.of(
                        "JWT_SECRET_FILE", secrets.toString(),
                        "ALLOW_WEAK_JWT_SECRET", "true",
                        "API_KEYS_FILE", keys.toString()),
                "",
                "serve");

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("JWT_SECRET: the secret of 'serve --dev'", "API_KEYS: the key of 'serve --dev'");
    }

    @Test
    void dev_usesTheSecretsOfAFile() {
        Map<String, String> complete = DevMode.complete(Map.of("JWT_SECRET_FILE", "jwt", "API_KEYS_FILE", "keys"));

        assertThat(complete).doesNotContainKeys("JWT_SECRET", "API_KEYS");
    }
}
