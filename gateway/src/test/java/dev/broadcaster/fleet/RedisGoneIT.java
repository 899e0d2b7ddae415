package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Checker.Holes;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Redis is gone for a long time, under load; the system property {@code faults.gone.seconds} sets the time. */
class RedisGoneIT {
    private static final int SECONDS = Integer.getInteger("faults.gone.seconds", 12);
    private static final int CPU_SECONDS = 3;
    private static final long MOST_GROWTH_BYTES = 8_000_000;
    private static final double MOST_ATTEMPTS_A_SECOND = 2; // by one connection

    @Test
    void heapAndCpuStayLow_andPublishesAreRefusedAtOnce() {
        try (RedisServer redis = RedisServer.start();
                FaultProxy network = new FaultProxy(redis.port(), Traffic.Plan.seedOfNow());
                Fleet fleet = Fleet.start(List.of(redis.url(network.port()), redis.url(network.port())));
                Traffic traffic = Traffic.start(fleet)) {
            Duration healthyCpu = cpuOf(fleet);
            redis.kill9();
            assertThat(fleet.secondsUntilUnready()).as("until not ready").isLessThan(10);
            Fleet.sleep(1);
            long from = System.nanoTime();
            Duration goneCpu = cpuOf(fleet);
            List<Long> before = heaps(fleet);
            long attempts = network.attempts();
            long counted = System.nanoTime();
            Fleet.sleep(SECONDS - CPU_SECONDS);
            double attemptsASecond = (network.attempts() - attempts) / ((System.nanoTime() - counted) / 1e9);
            List<Long> after = heaps(fleet);
            System.out.printf(
                    "Redis gone: heap %s, then %s bytes; %.2f attempts to connect a second by four connections;"
                            + " %d ms of CPU in 3 s, %d before%n",
                    before, after, attemptsASecond, goneCpu.toMillis(), healthyCpu.toMillis());

            traffic.assertRefusedAtOnce(from, System.nanoTime());
            for (int i = 0; i < before.size(); i++) {
                assertThat(after.get(i) - before.get(i))
                        .as("growth of the heap")
                        .isLessThan(MOST_GROWTH_BYTES);
            }
            assertThat(attemptsASecond).as("attempts to connect a second").isLessThan(4 * MOST_ATTEMPTS_A_SECOND);
            assertThat(goneCpu)
                    .as("CPU with Redis gone")
                    .isLessThan(healthyCpu.multipliedBy(3).dividedBy(2));

            redis.restart();
            assertThat(traffic.healed()).as("until everything flows").isLessThan(5);
            fleet.awaitReady();
            traffic.finish("Redis gone " + SECONDS + " s", Holes.AT_LEAST_ONE);
            assertThat(traffic.endings()).as("connections that ended").isEmpty();
            assertThat(traffic.mostGaps()).as("holes in a subscription").isEqualTo(1);
        }
    }

    private static Duration cpuOf(Fleet fleet) {
        Duration before = cpu(fleet);
        Fleet.sleep(CPU_SECONDS);
        return cpu(fleet).minus(before);
    }

    private static Duration cpu(Fleet fleet) {
        return fleet.nodes().stream().map(node -> node.process().cpuTime()).reduce(Duration.ZERO, Duration::plus);
    }

    private static List<Long> heaps(Fleet fleet) {
        return fleet.nodes().stream()
                .map(node -> node.process().heapAfterCollection())
                .toList();
    }
}
