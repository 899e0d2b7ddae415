package dev.broadcaster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.broadcaster.redis.RedisConfig;
import dev.broadcaster.testing.MadeCertificate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RedisSettingsTest {
    @TempDir
    private Path folder;

    private String file(String name, String content) throws Exception {
        return Files.writeString(folder.resolve(name), content).toString();
    }

    @Test
    void secrets_needNoEncoding_inFiles() throws Exception {
        String password = file("password", "p/a@ss\n");
        String sentinels = file("sentinels", "other");

        RedisConfig config = parse(
                "REDIS_URL",
                "redis-sentinel://one,two/main",
                "REDIS_USERNAME",
                "node",
                "REDIS_PASSWORD_FILE",
                password,
                "REDIS_SENTINEL_USERNAME",
                "watch",
                "REDIS_SENTINEL_PASSWORD_FILE",
                sentinels);

        assertThat(config.access().user()).isEqualTo("node");
        assertThat(config.access().password()).hasToString("REDIS_PASSWORD_FILE=" + password);
        assertThat(config.access().sentinelUser()).isEqualTo("watch");
        assertThat(config.access().sentinelPassword()).hasToString("REDIS_SENTINEL_PASSWORD_FILE=" + sentinels);
        assertThat(config.access().tls()).isNull();
        assertThat(config.toString()).doesNotContain("p/a@ss", "other");
    }

    @Test
    void rawPasswordInTheAddress_isNamed_andNotShown() {
        assertThat(problems("REDIS_URL", "redis://:hun/ter2@one"))
                .singleElement()
                .asString()
                .startsWith("REDIS_URL: not understood (expected: user and password percent-encoded, with / as %2F")
                .doesNotContain("hun", "ter2");
    }

    @Test
    void credentials_areRefused_whenTheyAreGivenTwiceOrInPart() throws Exception {
        String password = file("password", "secret");

        assertThat(problems("REDIS_URL", "redis://:pass@one", "REDIS_PASSWORD_FILE", password))
                .containsExactly(
                        "REDIS_PASSWORD_FILE: set together with a password in REDIS_URL (expected: one of them)");
        assertThat(problems("REDIS_URL", "redis://user:pass@one", "REDIS_USERNAME", "other"))
                .containsExactly("REDIS_USERNAME: set together with a user in REDIS_URL (expected: one of them)");
        assertThat(problems("REDIS_URL", "redis://one", "REDIS_USERNAME", "other"))
                .containsExactly("REDIS_USERNAME: set without a password (expected: REDIS_PASSWORD_FILE too)");
        assertThat(problems("REDIS_URL", "redis-sentinel://one/main", "REDIS_SENTINEL_USERNAME", "other"))
                .singleElement()
                .asString()
                .startsWith("REDIS_SENTINEL_USERNAME: set without a password");
        assertThat(problems("REDIS_URL", "redis://one", "REDIS_SENTINEL_PASSWORD_FILE", password))
                .singleElement()
                .asString()
                .startsWith("REDIS_SENTINEL_PASSWORD_FILE: set without Sentinels");
    }

    @Test
    void passwordFile_isRefused_whenItHoldsNoPassword() throws Exception {
        String empty = file("empty", "\n");
        String lines = file("lines", "one\ntwo\n");

        assertThat(problems("REDIS_URL", "redis://one", "REDIS_PASSWORD_FILE", empty))
                .containsExactly("REDIS_PASSWORD_FILE: " + empty + ": empty (expected: a password)");
        assertThat(problems("REDIS_URL", "redis://one", "REDIS_PASSWORD_FILE", lines))
                .containsExactly("REDIS_PASSWORD_FILE: " + lines + ": more than one line (expected: a password)");
        assertThat(problems("REDIS_URL", "redis://one", "REDIS_PASSWORD_FILE", "/no/such/file"))
                .containsExactly("REDIS_PASSWORD_FILE: /no/such/file (expected: a file that can be read)");
    }

    @Test
    void filesOfTls_areReadAtTheStart() throws Exception {
        MadeCertificate issuer = MadeCertificate.make("issuer", "EC", null);
        MadeCertificate node = MadeCertificate.make("node", "RSA", issuer);
        String ca = file("ca.pem", issuer.pem());
        String certificate = file("cert.pem", node.pem());
        String key = file("key.pem", node.pkcs1());

        RedisConfig config = parse(
                "REDIS_URL", "rediss://one", "REDIS_TLS_CA", ca, "REDIS_TLS_CERT", certificate, "REDIS_TLS_KEY", key);

        assertThat(Objects.requireNonNull(config.access().tls()).managers().trust())
                .isNotNull();
        assertThat(config.access().tls().managers().key()).isNotNull();
        assertThat(problems("REDIS_URL", "redis://one", "REDIS_TLS_CA", ca))
                .containsExactly("REDIS_TLS_CA: set without TLS (expected: a REDIS_URL that starts with rediss)");
        assertThat(problems("REDIS_URL", "rediss://one", "REDIS_TLS_CERT", certificate))
                .containsExactly("REDIS_TLS_KEY: not set (expected: REDIS_TLS_CERT and REDIS_TLS_KEY, or neither)");
        assertThat(problems("REDIS_URL", "rediss://one", "REDIS_TLS_CERT", ca, "REDIS_TLS_KEY", key))
                .singleElement()
                .asString()
                .startsWith("REDIS_TLS_CERT and REDIS_TLS_KEY: the certificate and the key do not belong together");
        assertThat(problems("REDIS_URL", "rediss://one", "REDIS_TLS_CA", key))
                .singleElement()
                .asString()
                .startsWith("REDIS_TLS_CA: no certificate in it");
    }

    private static RedisConfig parse(String... settings) throws InvalidConfigException {
        Map<String, String> map =
                new HashMap<>(Map.of("JWT_SECRET", "0123456789abcdef0123456789abcdef", "API_KEYS", "key"));
        for (int i = 0; i < settings.length; i += 2) {
            map.put(settings[i], settings[i + 1]);
        }
        return Objects.requireNonNull(GatewayConfig.parse(map).redis());
    }

    private static List<String> problems(String... settings) {
        return catchThrowableOfType(InvalidConfigException.class, () -> parse(settings))
                .problems();
    }
}
