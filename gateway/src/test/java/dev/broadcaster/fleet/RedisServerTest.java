package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The faults of the servers of the fault tests work. */
@Tag("fleet")
class RedisServerTest {
    @Test
    void kill9_losesEverything_andRestartKeepsThePort() {
        try (RedisServer redis = RedisServer.start("requirepass secret")) {
            redis.command("SET", "a", "1");
            redis.kill9();
            assertThatThrownBy(() -> redis.command("PING")).isInstanceOf(UncheckedIOException.class);

            redis.restart();

            assertThat(redis.command("GET", "a")).isNull();
            assertThat(redis.url()).isEqualTo("redis://:secret@127.0.0.1:" + redis.port() + "/0");
        }
    }

    @Test
    void kill9_keepsWhatTheAppendOnlyFileHolds() {
        try (RedisServer redis = RedisServer.start("appendonly yes")) {
            redis.command("SET", "a", "1");
            redis.kill9();
            redis.restart();

            assertThat(redis.command("GET", "a")).isEqualTo("1");
        }
    }

    @Test
    void sigstop_silencesIt_untilSigcont() throws IOException {
        try (RedisServer redis = RedisServer.start();
                Resp resp = redis.connect(300)) {
            redis.sigstop();
            assertThatThrownBy(() -> resp.command("PING")).isInstanceOf(IOException.class);

            redis.sigcont();

            assertThat(redis.command("PING")).isEqualTo("PONG");
        }
    }

    @Test
    void sigterm_endsIt() {
        try (RedisServer redis = RedisServer.start()) {
            redis.sigterm();
            assertThat(redis.isAlive()).isFalse();
        }
    }
}
