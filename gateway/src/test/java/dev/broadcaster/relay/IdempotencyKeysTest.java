package dev.broadcaster.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.Publication;
import dev.broadcaster.time.FakeTime;
import org.junit.jupiter.api.Test;

final class IdempotencyKeysTest {
    private static final byte[] JSON = "1".getBytes(UTF_8);

    private final FakeTime time = new FakeTime();
    private final IdempotencyKeys keys = new IdempotencyKeys(time);
    private int answers;

    private PublishOutcome.Accepted answer() {
        return new PublishOutcome.Accepted("m" + answers++, "t");
    }

    private static Publication withKey(String key) {
        return new Publication("a", JSON, JSON, key);
    }

    @Test
    void aKeyLivesForFiveMinutes_toTheNanosecond() {
        PublishOutcome.Accepted first = answer();
        keys.first(withKey("k"), first);

        time.advanceNanos(IdempotencyKeys.LIFETIME_NANOS - 1);
        assertThat(keys.first(withKey("k"), answer())).isSameAs(first);
        time.advanceNanos(1);
        PublishOutcome.Accepted second = answer();
        assertThat(keys.first(withKey("k"), second)).isSameAs(second);
    }

    @Test
    void theOldestGoFirst_whenThereAreTooMany() {
        PublishOutcome.Accepted oldest = answer();
        PublishOutcome.Accepted next = answer();
        keys.first(withKey("0"), oldest);
        keys.first(withKey("1"), next);
        for (int i = 2; i < IdempotencyKeys.MAX_KEYS; i++) {
            keys.first(withKey(String.valueOf(i)), answer());
        }
        keys.first(withKey("one more"), answer());

        assertThat(keys.first(withKey("1"), answer())).isNotSameAs(oldest);
        PublishOutcome.Accepted fresh = answer();
        assertThat(keys.first(withKey("0"), fresh)).isSameAs(fresh);
    }

    @Test
    void withoutAKeyEveryAnswerIsItsOwn() {
        PublishOutcome.Accepted answer = answer();
        assertThat(keys.first(withKey(null), answer)).isSameAs(answer);
    }
}
