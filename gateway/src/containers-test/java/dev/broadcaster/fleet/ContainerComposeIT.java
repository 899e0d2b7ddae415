package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Checker.Verdict;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The fleet of docker-compose.yml: three nodes behind HAProxy, scraped by Prometheus; drained, rolled and scaled under
 * traffic.
 */
@Timeout(180)
final class ContainerComposeIT {
    private static final Traffic.Plan PLAN = new Traffic.Plan(4, 6, 8, 400, Traffic.Plan.seedOfNow());

    private static Compose compose;

    @BeforeAll
    static void up() {
        compose = Compose.up();
    }

    @AfterAll
    static void down() {
        if (compose != null) {
            compose.close();
        }
    }

    @BeforeEach
    void awaitServers() {
        compose.awaitServers(3);
    }

    @Test
    void everyServiceRuns_andPrometheusSeesEveryNode() {
        for (String service : List.of("redis", "haproxy", "prometheus", "alertmanager")) {
            assertThat(compose.containers(service)).as(service).hasSize(1);
        }
        assertThat(compose.containers("gateway")).hasSize(3);
        await().atMost(Duration.ofSeconds(60)).until(() -> compose.query("sum(up%7Bjob=%22broadcaster%22%7D)")
                .contains(",\"3\"]"));
    }

    @Test
    void nodeDrained_nothingIsLost_andItsClientsReconnectOnce() {
        try (Traffic traffic = Traffic.start(compose, PLAN)) {
            drain(compose.containers("gateway").get(0));
            traffic.healed();

            for (LoadSubscriber subscriber : traffic.subscribers()) {
                assertThat(subscriber.endings()).as("of %s", subscriber).hasSizeLessThanOrEqualTo(1);
            }
            assertThat(traffic.endings()).as("clients of the node").isNotEmpty().allMatch(end -> end.startsWith("1001 "));
            Verdict verdict = traffic.finish("compose: node drained behind HAProxy", Holes.NONE);
            assertThat(verdict.unknown()).as("publishes in flight are answered").isZero();
        } catch (AssertionError e) {
            throw withLog(e);
        } finally {
            compose.scale(3);
        }
    }

    @Test
    void fleetRolled_nothingIsLost() {
        try (Traffic traffic = Traffic.start(compose, PLAN)) {
            for (String container : compose.containers("gateway")) {
                drain(container);
                Program.docker("start", container);
                compose.awaitServers(3);
            }
            traffic.healed();

            assertThat(traffic.endings()).isNotEmpty().allMatch(end -> end.startsWith("1001 "));
            Verdict verdict = traffic.finish("compose: rolling restart behind HAProxy", Holes.NONE);
            assertThat(verdict.unknown()).as("publishes in flight are answered").isZero();
        } catch (AssertionError e) {
            throw withLog(e);
        }
    }

    @Test
    void nodesComeAndGo_haproxyFollows() {
        try (Traffic traffic = Traffic.start(compose, PLAN)) {
            compose.scale(5);
            compose.awaitServers(5);
            compose.scale(3);
            compose.awaitServers(3);
            traffic.healed();

            traffic.finish("compose: scaled to 5 and back to 3", Holes.NONE);
        } catch (AssertionError e) {
            throw withLog(e);
        }
    }

    /** Like {@code docker stop} with a sufficient time-out, which must not be used up. */
    private static void drain(String container) {
        Program.docker("stop", "--time=30", container);
        assertThat(Program.docker("inspect", "--format={{.State.ExitCode}}", container))
                .isEqualTo("0");
    }

    private static AssertionError withLog(AssertionError failure) {
        return new AssertionError(failure.getMessage() + "\n" + compose.log(), failure);
    }
}
