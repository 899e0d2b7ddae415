package dev.broadcaster.redis.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisURI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RedisUrlTest {
    @Test
    void aServer_hasItsParts() {
        RedisURI uri = only("rediss://us%40er:pa%2Fss+word@redis.example.com:7000/3");

        assertThat(uri.getHost()).isEqualTo("redis.example.com");
        assertThat(uri.getPort()).isEqualTo(7000);
        assertThat(uri.getDatabase()).isEqualTo(3);
        assertThat(uri.isSsl()).isTrue();
        var credentials = uri.getCredentialsProvider().resolveCredentials().block();
        assertThat(credentials.getUsername()).isEqualTo("us@er");
        assertThat(credentials.getPassword()).containsExactly("pa/ss+word".toCharArray());
    }

    @Test
    void aServer_hasDefaults() {
        RedisURI uri = only("redis://[::1]/");

        assertThat(uri.getHost()).isEqualTo("::1");
        assertThat(uri.getPort()).isEqualTo(6379);
        assertThat(uri.getDatabase()).isZero();
        assertThat(uri.isSsl()).isFalse();
    }

    @Test
    void sentinels_nameTheirMaster() {
        RedisURI uri = only("redis-sentinel://one,two:26380/main/2");

        assertThat(uri.getSentinelMasterId()).isEqualTo("main");
        assertThat(uri.getDatabase()).isEqualTo(2);
        assertThat(uri.getSentinels()).extracting(RedisURI::getHost).containsExactly("one", "two");
        assertThat(uri.getSentinels()).extracting(RedisURI::getPort).containsExactly(26379, 26380);
    }

    @Test
    void aCluster_hasSeeds() {
        RedisUrl url = RedisUrl.parse("redis-cluster://user:secret@one:7001,two:7002");

        assertThat(url).isNotNull();
        assertThat(url.isCluster()).isTrue();
        assertThat(url.uris()).extracting(RedisURI::getPort).containsExactly(7001, 7002);
    }

    @Test
    void password_isReadFromItsFile_forEachConnection(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("password"), "p/a@s:s%,|word \r\n");
        PasswordFile password = new PasswordFile("REDIS_PASSWORD_FILE", file);
        RedisUrl url = Objects.requireNonNull(RedisUrl.parse("redis-cluster://one,two"))
                .with(new RedisAccess("us/er", password, "", null, null));

        for (RedisURI uri : List.of(url.uris().get(0), url.uris().get(1), url.uri("three", 7000))) {
            assertCredentials(uri, "us/er", "p/a@s:s%,|word ");
        }
        RedisURI kept = url.uri("three", 7000);
        Files.writeString(file, "\ufeffnext\n");
        password.refresh();
        assertCredentials(kept, "us/er", "next");
        Files.writeString(file, "one\ntwo");
        password.refresh();
        assertCredentials(kept, "us/er", "next");
        Files.delete(file);
        password.refresh();
        assertCredentials(kept, "us/er", "next");
        assertThat(password).hasToString("REDIS_PASSWORD_FILE=" + file);
    }

    @Test
    void user_mayBeASetting_withThePasswordOfTheAddress() {
        RedisUrl url = Objects.requireNonNull(RedisUrl.parse("redis://:secret@one"))
                .with(new RedisAccess("node", null, "", null, null));

        assertCredentials(url.uris().get(0), "node", "secret");
    }

    @Test
    void sentinels_areAskedWithoutAPassword_thenWithThatOfRedis() {
        RedisURI uri = only("rediss-sentinel://node:secret@one,two:26380/main");

        List<RedisURI> sentinels = uri.getSentinels();
        assertThat(sentinels).extracting(RedisURI::getHost).containsExactly("one", "two", "one", "two");
        assertThat(sentinels).extracting(RedisURI::getPort).containsExactly(26379, 26380, 26379, 26380);
        assertThat(sentinels).allMatch(RedisURI::isSsl);
        assertCredentials(sentinels.get(0), null, null);
        assertCredentials(sentinels.get(1), null, null);
        assertCredentials(sentinels.get(2), "node", "secret");
        assertCredentials(sentinels.get(3), "node", "secret");
        assertCredentials(uri, "node", "secret");
    }

    @Test
    void sentinels_areAskedWithTheirPassword_whenTheyHaveOne(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("password"), "theirs");
        RedisAccess access =
                new RedisAccess("", null, "watch", new PasswordFile("REDIS_SENTINEL_PASSWORD_FILE", file), null);

        RedisURI with = Objects.requireNonNull(RedisUrl.parse("redis-sentinel://:secret@one/main"))
                .with(access)
                .uris()
                .get(0);
        RedisURI without = Objects.requireNonNull(RedisUrl.parse("redis-sentinel://one/main"))
                .with(access)
                .uris()
                .get(0);

        assertThat(with.getSentinels()).hasSize(1);
        assertCredentials(with.getSentinels().get(0), "watch", "theirs");
        assertCredentials(with, null, "secret");
        assertThat(without.getSentinels()).hasSize(1);
        assertCredentials(without.getSentinels().get(0), "watch", "theirs");
        assertCredentials(without, null, null);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://:pa/ss@one",
                "redis://user:p@ss@one:6379/1",
                "redis://us/er:pass@one",
                "redis://:100%@one",
                "redis-sentinel://:pa/ss@one,two/main",
                "rediss-cluster://u:p/a@s%s@one,two"
            })
    void rawPassword_isNamedAsTheCause(String text) {
        assertThat(RedisUrl.parse(text)).isNull();
        assertThat(RedisUrl.expected(text))
                .startsWith("user and password percent-encoded, with / as %2F, @ as %40")
                .contains("REDIS_PASSWORD_FILE");
    }

    @ParameterizedTest
    @ValueSource(strings = {"redis://user:@one", "redis://:pass@one/x", "http://a@b", "@", "://", "redis://one,two"})
    void otherFault_isAnsweredWithTheForms(String text) {
        assertThat(RedisUrl.expected(text)).isEqualTo(RedisUrl.FORMS);
    }

    private static void assertCredentials(RedisURI uri, @Nullable String user, @Nullable String password) {
        RedisCredentials credentials =
                uri.getCredentialsProvider().resolveCredentials().block();
        assertThat(credentials.getUsername()).isEqualTo(user);
        assertThat(credentials.getPassword()).isEqualTo(password == null ? null : password.toCharArray());
    }

    @Test
    void toString_holdsNoSecret() {
        assertThat(RedisUrl.parse("redis://user:secret@one:7001/4")).hasToString("one:7001/4");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "redis",
                "redis://",
                "http://one",
                "redis://one:0",
                "redis://one:65536",
                "redis://one:x",
                "redis://one/x",
                "redis://one/1/2",
                "redis://one,two",
                "redis://user:@one",
                "redis://a%zz@one",
                "redis://on e",
                "redis-sentinel://one",
                "redis-sentinel://one/",
                "redis-sentinel://one/main/x",
                "redis-sentinel://one/main/1/2",
                "redis-cluster://one/1",
                "redis-cluster://one,,two",
                "redis-other://one"
            })
    void otherText_isNotAnAddress(String text) {
        assertThat(RedisUrl.parse(text)).isNull();
    }

    private static RedisURI only(String text) {
        RedisUrl url = RedisUrl.parse(text);
        assertThat(url).isNotNull();
        assertThat(url.uris()).hasSize(1);
        return url.uris().get(0);
    }
}
