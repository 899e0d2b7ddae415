package dev.broadcaster.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.message.Publication;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.testing.FakeTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class IdempotencyKeysTest {
    private static final byte[] JSON = "1".getBytes(UTF_8);

    private final FakeTime time = new FakeTime();
    private final Metrics metrics = new Metrics();
    private final Account account = new MemoryBudget(1 << 20, metrics).account(Purpose.HISTORY);
    private final IdempotencyKeys keys = new IdempotencyKeys(account);
    private int answers;

    @AfterEach
    void close() {
        metrics.close();
    }

    private PublishOutcome first(String key, PublishOutcome.Accepted answer) {
        return keys.first(new Publication("a", JSON, JSON, key), answer, time.nanos());
    }

    private PublishOutcome.Accepted answer() {
        return new PublishOutcome.Accepted("m" + answers++, "t");
    }

    @Test
    void aKeyLivesForFiveMinutes_toTheNanosecond() {
        PublishOutcome.Accepted first = answer();
        first("k", first);

        time.advanceNanos(IdempotencyKeys.LIFETIME_NANOS - 1);
        assertThat(first("k", answer())).isSameAs(first);
        time.advanceNanos(1);
        PublishOutcome.Accepted second = answer();
        assertThat(first("k", second)).isSameAs(second);
    }

    @Test
    void dropOldest_dropsTheKeysInOrder_andFreesTheirMemory() {
        PublishOutcome.Accepted older = answer();
        PublishOutcome.Accepted younger = answer();
        first("older", older);
        long one = account.used();
        time.advanceNanos(1);
        first("younger", younger);
        long two = account.used();
        first("younger", answer());
        assertThat(account.used()).as("a repeat takes nothing").isEqualTo(two);
        assertThat(keys.oldest()).isEqualTo(time.nanos() - 1);

        keys.dropOldest();

        assertThat(keys.oldest()).isEqualTo(time.nanos());
        assertThat(account.used()).isBetween(two - one, one + 8);
        assertThat(first("younger", answer())).isSameAs(younger);
        PublishOutcome.Accepted again = answer();
        assertThat(first("older", again)).isSameAs(again);
        keys.dropOldest();
        keys.dropOldest();
        keys.dropOldest();
        assertThat(keys.oldest()).isEqualTo(HistoryLogs.NONE);
        assertThat(account.used()).as("the table of the map stays").isLessThan(200);
    }

    @Test
    void keysWithEqualHashCodes_areDistinguishedFast() {
        PublishOutcome.Accepted accepted = answer();
        for (int i = 0; i < 1 << 15; i++) {
            StringBuilder key = new StringBuilder();
            for (int bit = 0; bit < 15; bit++) {
                key.append((i >> bit & 1) == 0 ? "Aa" : "BB"); // with equal hash codes
            }
            assertThat(first(key.toString(), accepted)).isSameAs(accepted);
        }
    }

    @Test
    void publishesWithoutAKey_haveSeparateAnswers() {
        PublishOutcome.Accepted answer = answer();
        assertThat(first(null, answer)).isSameAs(answer);
    }

    @Test
    void expiredKeys_areDroppedAFewPerPublish_allInTheEnd_andAreNotUsedMeanwhile() {
        for (int i = 0; i < 40_000; i++) {
            first("old" + i, answer());
        }
        long full = account.used();
        time.advanceNanos(IdempotencyKeys.LIFETIME_NANOS);

        PublishOutcome.Accepted again = answer();
        assertThat(first("old39999", again)).as("not dropped yet").isSameAs(again);
        assertThat(account.used()).isBetween(full * 9 / 10, full);
        time.advanceNanos(1);
        assertThat(first("old39999", answer())).isSameAs(again);
        for (int i = 0; i < 40; i++) {
            first("new" + i, answer());
        }

        assertThat(keys.oldest()).as("the oldest is the repeated one").isEqualTo(time.nanos() - 1);
        for (int i = 0; i < 41; i++) {
            assertThat(keys.oldest()).isNotEqualTo(HistoryLogs.NONE);
            keys.dropOldest();
        }
        assertThat(keys.oldest()).isEqualTo(HistoryLogs.NONE);
        assertThat(account.used()).as("the table of the map stays").isLessThan(full / 20);
    }
}
