package dev.broadcaster.redis.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisURI;
import org.junit.jupiter.api.Test;
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
        RedisURI uri = only("redis-sentinel://:secret@one,two:26380/main/2");

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
