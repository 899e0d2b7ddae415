package dev.broadcaster.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.metrics.Metrics;
import java.util.stream.Stream;
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
    void limits_areSharesOfTheBudget() {
        assertThat(budget.account(Purpose.BODIES).limit()).isEqualTo(100_000);
        assertThat(budget.limit(Purpose.HISTORY)).isEqualTo(250_000);
        assertThat(budget.account(Purpose.OUTPUT).limit()).isEqualTo(200_000);
    }

    @Test
    void limitsTogether_areNoMoreThanTheBudget() {
        assertThat(Stream.of(Purpose.values()).mapToLong(budget::limit).sum()).isLessThanOrEqualTo(BYTES);
    }

    @Test
    void tryTake_takesBytesThatFit_andCountsRefusals() {
        Account account = budget.account(Purpose.PUBLISHES);

        assertThat(account.tryTake(60_000)).isTrue();
        assertThat(account.tryTake(50_000)).isFalse();
        assertThat(account.tryTake(40_000)).isTrue();
        assertThat(account.used()).isEqualTo(100_000);
        assertThat(metrics.scrape()).contains("broadcaster_budget_refusals_total{account=\"publishes\"} 1.0");
    }

    @Test
    void meters_showUseLimitAndRefusals() {
        Account account = budget.account(Purpose.BODIES);
        account.add(2_000);
        account.add(-766);
        account.countRefusal();

        assertThat(metrics.scrape())
                .contains("broadcaster_budget_used_bytes{account=\"bodies\"} 1234.0")
                .contains("broadcaster_budget_limit_bytes{account=\"bodies\"} 100000.0")
                .contains("broadcaster_budget_refusals_total{account=\"bodies\"} 1.0");
    }
}
