package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Ledger.Outcome;
import org.junit.jupiter.api.Test;

/** Redis hangs for three seconds and keeps its sockets. */
class RedisStoppedIT {
    @Test
    void publishesAreUnknownAfterASecond_thenRefusedAtOnce_andNothingIsLostOrDuplicated() {
        try (RedisServer redis = RedisServer.start();
                Fleet fleet = Fleet.start(3, redis.url());
                Traffic traffic = Traffic.start(fleet)) {
            long before = System.nanoTime();
            redis.sigstop();
            long stopped = System.nanoTime();
            assertThat(fleet.secondsUntilUnready()).as("until not ready").isLessThan(10);
            Fleet.sleep(3 - (System.nanoTime() - stopped) / 1e9);
            traffic.assertRefusedAtOnce(stopped + 1_500_000_000, System.nanoTime());
            assertThat(traffic.ledger().published().stream()
                            .filter(publish -> publish.sent() > before && publish.outcome() == Outcome.UNKNOWN))
                    .isNotEmpty()
                    .allSatisfy(publish -> assertThat((publish.answered() - publish.sent()) / 1e9)
                            .as("seconds until the outcome was called unknown")
                            .isBetween(0.9, 1.5));

            redis.sigcont();
            assertThat(traffic.healed()).as("until everything flows").isLessThan(5);
            fleet.awaitReady();

            traffic.finish("Redis SIGSTOP 3 s", Holes.NONE);
            assertThat(traffic.endings()).as("connections that ended").isEmpty();
        }
    }
}
