package dev.broadcaster.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.broadcaster.auth.keys.PemFile;
import dev.broadcaster.auth.keys.SigningKey;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.testing.Tokens;
import dev.broadcaster.time.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class SecretReloadTest {
    private static final String OLD = "the-old-secret-of-more-than-32-bytes";
    private static final String NEW = "the-new-secret-of-more-than-32-bytes";

    @TempDir
    private Path directory;

    private final Metrics metrics = new Metrics();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private Path secretFile;
    private Path keyFile;
    private TokenVerifier verifier;
    private ApiKeys keys;
    private SecretReload reload;

    @BeforeEach
    void start() throws IOException {
        secretFile = Files.writeString(directory.resolve("jwt"), OLD);
        keyFile = Files.writeString(directory.resolve("keys"), "old-key\n");
        AuthConfig config = new AuthConfig(SecretFile.read(secretFile), false, SecretFile.read(keyFile));
        verifier = new TokenVerifier(config, Time.SYSTEM);
        keys = new ApiKeys(config);
        reload = new SecretReload(config, new SecretFiles(secretFile, keyFile, null), verifier, keys, metrics);
        log.start();
        logger().addAppender(log);
    }

    @AfterEach
    void stop() {
        logger().detachAppender(log);
        metrics.close();
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger(SecretReload.class);
    }

    @Test
    void secret_isLoaded_andTheOldOneStaysUntilItIsRemoved() throws IOException {
        rotate(secretFile, NEW + "\n" + OLD);
        assertAccepted(OLD);
        assertAccepted(NEW);

        rotate(secretFile, NEW);
        assertThatExceptionOfType(TokenRejectedException.class)
                .isThrownBy(() -> verifier.verify(token(OLD)))
                .withMessageStartingWith("signature");
        assertAccepted(NEW);
        assertThat(meter("broadcaster_secrets_reloads_total{outcome=\"loaded\",secrets=\"jwt_secret\"}"))
                .isEqualTo(2);
    }

    @Test
    void key_isAccepted_andKeepsItsNumberAtAnyPlace() throws IOException {
        int old = HandMade.number(keys, "Bearer old-key");
        rotate(keyFile, "new-key\nold-key");
        int fresh = HandMade.number(keys, "Bearer new-key");
        assertThat(HandMade.number(keys, "Bearer old-key")).isEqualTo(old);
        assertThat(fresh).isNotNegative().isNotEqualTo(old);

        rotate(keyFile, "third-key\nnew-key");
        assertThat(HandMade.number(keys, "Bearer old-key")).isEqualTo(-1);
        assertThat(HandMade.number(keys, "Bearer new-key")).isEqualTo(fresh);
        assertThat(HandMade.number(keys, "Bearer third-key")).isNotNegative().isNotEqualTo(fresh);
    }

    @Test
    void change_isNotLoaded_beforeItWasReadTheSameTwice() throws IOException {
        Files.writeString(secretFile, NEW.substring(0, 33)); // half written, and long enough to look like a secret
        reload.look();
        Files.writeString(secretFile, NEW);
        reload.look();
        assertAccepted(OLD);

        reload.look();
        assertAccepted(NEW);
        assertThat(meter("broadcaster_secrets_reloads_total{outcome=\"loaded\",secrets=\"jwt_secret\"}"))
                .isEqualTo(1);
    }

    @Test
    void brokenFile_changesNothing_andIsLoggedOnce() throws IOException {
        rotate(secretFile, "short");
        reload.look();
        reload.look();

        assertAccepted(OLD);
        assertThat(meter("broadcaster_secrets_stale{secrets=\"jwt_secret\"}")).isEqualTo(1);
        assertThat(meter("broadcaster_secrets_stale{secrets=\"api_keys\"}")).isZero();
        assertThat(meter("broadcaster_secrets_reloads_total{outcome=\"invalid\",secrets=\"jwt_secret\"}"))
                .isEqualTo(1);
        assertThat(log.list)
                .singleElement()
                .satisfies(event -> assertThat(event.getFormattedMessage())
                        .startsWith("JWT_SECRET_FILE: ")
                        .contains("secret 1 of 1 is 5 bytes")
                        .doesNotContain("short"));

        rotate(secretFile, NEW);
        assertAccepted(NEW);
        assertThat(meter("broadcaster_secrets_stale{secrets=\"jwt_secret\"}")).isZero();
    }

    @Test
    void missingFile_changesNothing_andIsLoggedOnce() throws IOException {
        Files.delete(keyFile);
        reload.look();
        reload.look();

        assertThat(HandMade.number(keys, "Bearer old-key")).isNotNegative();
        assertThat(meter("broadcaster_secrets_reloads_total{outcome=\"unreadable\",secrets=\"api_keys\"}"))
                .isEqualTo(1);
        assertThat(meter("broadcaster_secrets_stale{secrets=\"api_keys\"}")).isEqualTo(1);
        assertThat(log.list).hasSize(1);

        Files.writeString(keyFile, "old-key");
        reload.look();
        assertThat(meter("broadcaster_secrets_stale{secrets=\"api_keys\"}")).isZero();
        assertThat(log.list).hasSize(1);
    }

    @Test
    void emptiedFile_changesNothing() throws IOException {
        rotate(keyFile, "\n");
        rotate(secretFile, "");

        assertThat(HandMade.number(keys, "Bearer old-key")).isNotNegative();
        assertAccepted(OLD);
        assertThat(meter("broadcaster_secrets_reloads_total{outcome=\"invalid\",secrets=\"api_keys\"}"))
                .isEqualTo(1);
    }

    @Test
    void publicKeys_areTaken_andABrokenFileChangesNothing() throws Exception {
        SigningKey first = SigningKey.ed25519("");
        SigningKey second = SigningKey.ec("secp256r1", "");
        Path file = Files.writeString(directory.resolve("keys.pem"), first.pem());
        AuthConfig config = new AuthConfig(
                List.of(),
                false,
                List.of("key"),
                new TokenConfig(List.of(), PemFile.read(file), List.of("broadcaster"), Grants.NONE));
        verifier = new TokenVerifier(config, Time.SYSTEM);
        reload = new SecretReload(config, new SecretFiles(null, null, file), verifier, keys, metrics);
        String ofFirst = first.token("EdDSA", Tokens.claims().json());
        String ofSecond = second.token("ES256", Tokens.claims().json());
        verifier.verify(ofFirst);

        rotate(file, first.pem() + second.pem());
        verifier.verify(ofFirst);
        verifier.verify(ofSecond);

        rotate(file, second.pem());
        assertThatExceptionOfType(TokenRejectedException.class).isThrownBy(() -> verifier.verify(ofFirst));
        verifier.verify(ofSecond);

        for (String broken : List.of("", "nonsense", second.pem() + first.privatePem())) {
            rotate(file, broken);
            verifier.verify(ofSecond);
            assertThat(meter("broadcaster_secrets_stale{secrets=\"jwt_public_key\"}"))
                    .isEqualTo(1);
        }
        rotate(file, second.pem());
        assertThat(meter("broadcaster_secrets_stale{secrets=\"jwt_public_key\"}"))
                .isZero();
    }

    @Test
    void file_isFollowed_whenItsLinkIsTurned() throws IOException {
        Path link = directory.resolve("link");
        Path before = Files.writeString(directory.resolve("before"), "old-key");
        Path after = Files.writeString(directory.resolve("after"), "new-key");
        Files.createSymbolicLink(link, before);
        SecretReload ofLink = new SecretReload(
                new AuthConfig(List.of(OLD), false, List.of("old-key")),
                new SecretFiles(null, link, null),
                verifier,
                keys,
                metrics);
        Path next = Files.createSymbolicLink(directory.resolve("next"), after);
        Files.move(next, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        ofLink.look();
        ofLink.look();

        assertThat(HandMade.number(keys, "Bearer new-key")).isNotNegative();
    }

    private void rotate(Path file, String content) throws IOException {
        Files.writeString(file, content);
        reload.look();
        reload.look();
    }

    private void assertAccepted(String secret) {
        assertThatCode(() -> verifier.verify(token(secret))).doesNotThrowAnyException();
    }

    private static String token(String secret) {
        return new TokenMinter(secret, Time.SYSTEM)
                .mint("alice", List.of("*"), List.of("subscribe"), Duration.ofMinutes(1));
    }

    private double meter(String series) {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .findFirst()
                .orElseThrow();
    }
}
