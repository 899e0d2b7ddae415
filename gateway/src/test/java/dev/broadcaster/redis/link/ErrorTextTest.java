package dev.broadcaster.redis.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCommandExecutionException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class ErrorTextTest {
    @Test
    void failureWithoutAMessage_isNamedByItsClass() {
        assertThat(ErrorText.of(new CancellationException()))
                .contains("CancellationException")
                .doesNotContain("null");
        assertThat(ErrorText.of(new TimeoutException()))
                .contains("TimeoutException")
                .doesNotContain("null");
        assertThat(ErrorText.of(new IllegalStateException((String) null))).doesNotContain("null");
    }

    @Test
    void errorReply_losesTheArgumentsThatRedisRepeats() {
        String reply = "ERR unknown command 'AUTH', with args beginning with: 'a secret' ";

        assertThat(ErrorText.of(new RedisCommandExecutionException(reply))).isEqualTo("ERR unknown command 'AUTH'");
        assertThat(ErrorText.of("NOPERM this user has no permissions"))
                .isEqualTo("NOPERM this user has no permissions");
    }
}
