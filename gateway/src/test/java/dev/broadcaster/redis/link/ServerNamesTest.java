package dev.broadcaster.redis.link;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCommandExecutionException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The names of servers for the script. */
final class ServerNamesTest {
    private final FakeLink fake = new FakeLink();
    private final ServerNames servers = new ServerNames(fake.topology, new SplittableRandom(1));

    @AfterEach
    void close() {
        fake.close();
    }

    private String greet() {
        servers.greet(fake.link, fake.commands.forCommands());
        return fake.link.serverName();
    }

    @Test
    void server_hasTheBeginningOfItsRunId() {
        fake.connect();
        assertThat(greet()).as("before the answer").isEqualTo(Link.UNKNOWN);
        fake.commands.last("info").answer("redis_version:7\r\nrun_id:0123456789abcdef\r\ntcp_port:1\r\n");
        fake.subscriptions.last("info").answer("run_id:fedcba9876543210");

        assertThat(servers.from(fake.link)).isEqualTo("0123456789ab".getBytes(US_ASCII));
        assertThat(servers.isServing("0123456789ab")).isTrue();
        assertThat(servers.isServing("fedcba987654"))
                .as("that of the subscriptions")
                .isTrue();
        assertThat(servers.isServing("0123456789abcdef")).isFalse();
    }

    @Test
    void server_hasANewNamePerConnection_whenRedisDoesNotTellIt() {
        fake.connect();
        greet();
        fake.commands.last("info").fail(new RedisCommandExecutionException("NOPERM"));
        String first = fake.link.serverName();
        greet();
        fake.commands.last("info").answer("redis_version:7\r\n");

        assertThat(fake.link.serverName()).startsWith("x").isNotEqualTo(first);
        assertThat(first).startsWith("x");
    }

    @Test
    void answer_isIgnored_whenTheConnectionIsReplaced() {
        fake.connect();
        servers.greet(fake.link, new FakeConnection().forCommands());
        greet();
        fake.commands.end();
        fake.commands.last("info").answer("run_id:0123456789abcdef\r\n");

        assertThat(fake.link.serverName()).isEqualTo(Link.UNKNOWN);
    }
}
