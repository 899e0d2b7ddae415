package dev.broadcaster.redis.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import java.io.IOException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ProblemTest {
    private static final String TOO_MANY = "ERR max number of clients reached";

    private final Problem problem = new Problem("127.0.0.1:6379");

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
}
