package dev.broadcaster.redis.link;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.broadcaster.testing.FakeTime;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

final class ProblemTest {
    private static final String TOO_MANY = "ERR max number of clients reached";

    private final FakeTime time = new FakeTime();
    private final Problem problem = new Problem("127.0.0.1:6379", time);

    private static Throwable failure(Throwable cause) {
        return new CompletionException(new RedisConnectionException("Unable to connect", cause));
    }

    private static Throwable said(String words) {
        return failure(new RedisCommandExecutionException(words));
    }

    private String reason() {
        return problem.or("none");
    }

    @Test
    void theReason_isTheMessageOfTheInnermostCause() {
        assertThat(reason()).isEqualTo("none");
        problem.onFailed(failure(new IOException("Connection refused")));
        assertThat(reason()).isEqualTo("Connection refused");
        problem.onFailed(failure(new IOException()));
        assertThat(reason()).isEqualTo("java.io.IOException");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Connection closed prematurely", "Connection reset by peer"})
    void errorOfRedis_stays_whenTheConnectionEndsNext(String hungUp) {
        problem.onFailed(said(TOO_MANY));
        problem.onFailed(failure(new IOException(hungUp)));
        problem.onFailed(failure(new IOException(hungUp)));

        assertThat(reason()).isEqualTo(TOO_MANY);
    }

    @Test
    void errorOfRedis_isReplaced_byAnotherError() {
        problem.onFailed(said(TOO_MANY));
        problem.onFailed(said("WRONGPASS invalid password"));
        assertThat(reason()).isEqualTo("WRONGPASS invalid password");

        problem.onFailed(failure(new IOException("Connection refused")));
        problem.onFailed(failure(new IOException("Connection reset by peer")));
        assertThat(reason()).isEqualTo("Connection reset by peer");
    }

    @Test
    void errorOfAnOpenConnection_isReplaced_byALaterFailure() {
        problem.onFailed(said(TOO_MANY));
        problem.onTrouble("OOM command not allowed");
        problem.onFailed(failure(new IOException("Connection reset by peer")));

        assertThat(reason()).isEqualTo("Connection reset by peer");
    }

    @Test
    void aProof_endsTheProblem() {
        problem.onFailed(said(TOO_MANY));
        problem.onProved();
        assertThat(reason()).isEqualTo("none");

        problem.onFailed(failure(new IOException("Connection reset by peer")));
        assertThat(reason()).isEqualTo("Connection reset by peer");
    }

    /** A read-only replica: the probe is refused, then the connections are closed. */
    @Test
    void reasonsThatAlternate_areLoggedOnce_andTheProofAfterThem() {
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger(Link.class);
        Level level = logger.getLevel();
        logger.setLevel(Level.INFO);
        logger.addAppender(log);
        log.start();
        try {
            for (int attempt = 0; attempt < 40; attempt++) {
                problem.onTrouble("refused: READONLY You can't write against a read only replica.");
                problem.onTrouble("READONLY: this Redis accepts no writes");
                time.advance(Duration.ofSeconds(1));
            }
            assertThat(lines(log)).hasSize(2);
            problem.onProved();
            problem.onProved();
            time.advance(Duration.ofSeconds(61));
            problem.onTrouble("READONLY: this Redis accepts no writes");

            assertThat(lines(log))
                    .containsExactly(
                            "Redis 127.0.0.1:6379: refused: READONLY You can't write against a read only replica.",
                            "Redis 127.0.0.1:6379: READONLY: this Redis accepts no writes",
                            "Redis 127.0.0.1:6379: connected, and a probe returned",
                            "Redis 127.0.0.1:6379: READONLY: this Redis accepts no writes (and 39 times before)");
        } finally {
            logger.detachAppender(log);
            logger.setLevel(level);
        }
    }

    private static List<String> lines(ListAppender<ILoggingEvent> log) {
        return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }
}
