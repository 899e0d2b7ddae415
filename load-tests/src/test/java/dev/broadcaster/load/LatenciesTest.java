package dev.broadcaster.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LatenciesTest {
    private final Latencies latencies = new Latencies();

    @Test
    void percentile_isTheLeastThatSoManyDidNotExceed() {
        for (int i = 1; i <= 100; i++) {
            latencies.record(i);
        }

        assertThat(latencies.percentile(0.5)).isEqualTo(50);
        assertThat(latencies.percentile(0.99)).isEqualTo(99);
        assertThat(latencies.percentile(1)).isEqualTo(100);
        assertThat(latencies.count()).isEqualTo(100);
    }

    @Test
    void clockThatWentBack_countsAsNoTime() {
        latencies.record(-3);

        assertThat(latencies.percentile(1)).isZero();
    }

    @Test
    void longerThanAMinute_countsAsAMinute() {
        latencies.record(1_000_000);

        assertThat(latencies.percentile(0.5)).isEqualTo(60_000);
    }
}
