package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Checker.Holes;
import org.junit.jupiter.api.Test;

/** Redis dies without closing its connections, and returns empty after two seconds. */
class RedisKilledIT {
    @Test
    void publishesAreRefusedAtOnce_clientsStay_andEveryChannelIsLiveAgain() {
        try (RedisServer redis = RedisServer.start();
                Fleet fleet = Fleet.start(3, redis.url());
                Traffic traffic = Traffic.start(fleet)) {
            redis.kill9();
            long killed = System.nanoTime();
            assertThat(fleet.secondsUntilUnready()).as("until not ready").isLessThan(2);
            long unready = System.nanoTime();
            Fleet.sleep(2 - (unready - killed) / 1e9);
            traffic.assertNoneAccepted(killed, System.nanoTime());
            traffic.assertRefusedAtOnce(unready, System.nanoTime());

            long restarted = System.nanoTime();
            redis.restart();
            traffic.healed();
            assertThat((System.nanoTime() - restarted) / 1e9)
                    .as("until everything flows")
                    .isLessThan(2);
            fleet.awaitReady();

            traffic.finish("Redis kill -9, restart after 2 s", Holes.AT_LEAST_ONE);
            assertThat(traffic.endings()).as("connections that ended").isEmpty();
            assertThat(traffic.mostGaps()).as("holes in a subscription").isEqualTo(1);
        }
    }
}
