package dev.broadcaster.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LoopbackTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LOCALHOST",
                "app.localhost",
                "127.0.0.1",
                "127.255.0.9",
                "::1",
                "[::1]",
                "127.0.0.0"
            })
    void host_isLoopback(String host) {
        assertThat(Loopback.isHost(host)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "example.com",
                "localhost.example.com",
                "notlocalhost",
                ".localhost",
                "localhost.",
                "127.0.0.1.example.com",
                "127.0.0.256",
                "127.0.0.01",
                "127.1",
                "128.0.0.1",
                "0.0.0.0",
                "[::2]",
                "::",
                "[127.0.0.1]",
                "127.0.0.1 ",
                "0x7f.0.0.1",
                "2130706433"
            })
    void host_isNotLoopback(String host) {
        assertThat(Loopback.isHost(host)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://localhost",
                "http://localhost:3000",
                "https://127.0.0.1:8443",
                "http://[::1]:8000",
                "HTTP://App.LocalHost"
            })
    void origin_isLoopback(String origin) {
        assertThat(Loopback.isOrigin(origin)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "http://example.com",
                "http://localhost@example.com",
                "http://localhost.example.com",
                "file://localhost",
                "http://localhost:3000/",
                "http://localhost:",
                "http://localhost:123456",
                "http://::1",
                "http://[::1]x",
                "chrome-extension://localhost",
                "http://example.com#localhost",
                "http://localhost:80:80",
                " http://localhost"
            })
    void origin_isNotLoopback(String origin) {
        assertThat(Loopback.isOrigin(origin)).isFalse();
    }

    @Test
    void hostsOfOrigins_areThoseThatAreListed() {
        assertThat(Origins.hosts(Set.of("loopback", "https://a.example", "http://b.example:8080")))
                .containsExactlyInAnyOrder("a.example", "b.example");
        assertThat(Origins.hosts(Set.of("*"))).containsExactly("*");
    }
}
