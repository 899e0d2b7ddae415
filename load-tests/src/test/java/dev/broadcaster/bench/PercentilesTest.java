package dev.broadcaster.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class PercentilesTest {
    @Test
    void percentile_isRightToThreePercent() {
        Percentiles percentiles = new Percentiles();
        for (int i = 1; i <= 10_000; i++) {
            percentiles.record(i * 1_000L);
        }

        assertThat(percentiles.millis(0.5)).isCloseTo(5.0, within(0.16));
        assertThat(percentiles.millis(0.99)).isCloseTo(9.9, within(0.31));
    }

    @Test
    void percentile_isZero_withoutAnything() {
        Percentiles percentiles = new Percentiles();
        percentiles.record(5);
        percentiles.clear();

        assertThat(percentiles.millis(0.99)).isZero();
    }
}
