package dev.broadcaster.redis.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCommandExecutionException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class AnswersTest {
    @Test
    void failureWithoutAMessage_isNamedByItsClass() {
        assertThat(Answers.error(new CancellationException()))
                .contains("CancellationException")
                .doesNotContain("null");
        assertThat(Answers.error(new TimeoutException()))
                .contains("TimeoutException")
                .doesNotContain("null");
        assertThat(Answers.error(new IllegalStateException((String) null))).doesNotContain("null");
    }

    @Test
    void errorReply_losesTheArgumentsThatRedisRepeats() {
        String reply = "ERR unknown command 'AUTH', with args beginning with: 'a secret' ";

        assertThat(Answers.error(new RedisCommandExecutionException(reply))).isEqualTo("ERR unknown command 'AUTH'");
        assertThat(Answers.error("NOPERM this user has no permissions"))
                .isEqualTo("NOPERM this user has no permissions");
    }
}
