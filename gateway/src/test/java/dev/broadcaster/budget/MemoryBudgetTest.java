package dev.broadcaster.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.metrics.Metrics;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
    private static final long BYTES = 1_000_000;

    private final Metrics metrics = new Metrics();
    private final MemoryBudget budget = new MemoryBudget(BYTES, metrics);

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void accounts_addUpToTheBudget_withRedisAndWithout() {
        List<Purpose> always = List.of(
                Purpose.HEADS, Purpose.BODIES, Purpose.MESSAGES, Purpose.REQUESTS, Purpose.OUTPUT, Purpose.REPLAYS);
        long common = always.stream().mapToLong(p -> budget.account(p).limit()).sum();
        long alone = budget.account(Purpose.HISTORY).limit()
                + budget.account(Purpose.IDEMPOTENCY_KEYS).limit();

        assertThat(common + alone).isEqualTo(BYTES);
        assertThat(common + budget.account(Purpose.PUBLISHES).limit()).isEqualTo(BYTES);
    }

    @Test
    void tryTake_takesNothing_whenTheLimitWouldBePassed() {
        Account account = budget.account(Purpose.BODIES);

        assertThat(account.tryTake(account.limit())).isTrue();
        assertThat(account.tryTake(1)).isFalse();
        assertThat(account.used()).isEqualTo(account.limit());
        account.add(-10);
        assertThat(account.tryTake(10)).isTrue();
        assertThat(metrics.scrape()).contains("broadcaster_budget_refusals_total{account=\"bodies\"} 1.0");
    }

    @Test
    void meters_showWhatIsUsedAndTheLimit() {
        budget.account(Purpose.OUTPUT).add(1234);

        assertThat(metrics.scrape())
                .contains("broadcaster_budget_used_bytes{account=\"output\"} 1234.0")
                .contains("broadcaster_budget_limit_bytes{account=\"output\"} 250000.0")
                .contains("broadcaster_budget_refusals_total{account=\"output\"} 0.0");
    }

    /** Any number of holders that take whatever their share allows stay below the limit together. */
    @Test
    void fairShare_keepsAnyNumberOfHoldersBelowTheLimit() {
        long seed = System.nanoTime();
        System.out.println("budget.seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        Account account = budget.account(Purpose.OUTPUT);
        long[] held = new long[1_000];
        for (int step = 0; step < 100_000; step++) {
            int holder = random.nextInt(held.length);
            long more = random.nextLong(1, 2_000);
            account.add(more);
            held[holder] += more;
            if (!account.isFair(held[holder])) {
                account.add(-held[holder]); // a connection that is cut
                held[holder] = 0;
            }
            assertThat(account.used()).isLessThan(account.limit());
        }
        assertThat(account.used()).isGreaterThan(account.limit() / 2);
    }

    @Test
    void fairShare_sparesSmallHolders_whenLargeOnesFillTheAccount() {
        Account account = budget.account(Purpose.OUTPUT);
        long large = 0;
        while (account.isFair(large)) {
            account.add(1_000);
            large += 1_000;
        }

        assertThat(account.isFair(large - 1_000))
                .as("a holder that stopped earlier")
                .isTrue();
        assertThat(account.isFair(20_000)).as("a small holder").isTrue();
    }
}
