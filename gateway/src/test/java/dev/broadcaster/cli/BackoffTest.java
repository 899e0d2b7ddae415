package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class BackoffTest {
    /** Returns the largest allowed number. */
    private static final RandomGenerator LARGEST = new RandomGenerator() {
        @Override
        public long nextLong() {
            return 0;
        }

        @Override
        public long nextLong(long bound) {
            return bound - 1;
        }
    };

    @Test
    void limit_doubles_fromHalfASecondTo20() {
        Backoff backoff = new Backoff(LARGEST);

        List<Long> limits =
                IntStream.range(0, 8).mapToObj(i -> backoff.next().toMillis()).toList();

        assertThat(limits).containsExactly(500L, 1000L, 2000L, 4000L, 8000L, 16_000L, 20_000L, 20_000L);
        backoff.reset();
        assertThat(backoff.next()).hasMillis(500);
    }

    @Test
    void delays_areAnywhereBelowTheLimit() {
        Backoff backoff = new Backoff(new Random(7));
        long[] waits = IntStream.range(0, 1000)
                .mapToLong(i -> {
                    backoff.reset();
                    return backoff.next().toMillis();
                })
                .sorted()
                .toArray();

        assertThat(waits[0]).isBetween(0L, 5L);
        assertThat(waits[500]).isBetween(220L, 280L);
        assertThat(waits[999]).isBetween(495L, 500L);
    }
}
