package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Checker.Verdict;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Redis and three nodes as containers, with real kills, pauses and cut networks, under traffic through mapped ports.
 */
@Timeout(180)
final class ContainerFleetIT {
    private static ContainerFleet fleet;

    @BeforeAll
    static void startFleet() {
        fleet = ContainerFleet.start(3);
    }

    @AfterAll
    static void closeFleet() {
        if (fleet != null) {
            fleet.close();
        }
    }

    @BeforeEach
    void awaitReady() {
        fleet.awaitReady();
    }

    @Test
    void nodeKilled_othersUnaffected() throws Exception {
        try (Traffic traffic = Traffic.start(fleet)) {
            fleet.node(1).kill9();
            traffic.awaitFlow();
            Thread.sleep(2_000);
            fleet.node(1).startAgain();
            fleet.awaitReady();
            traffic.healed();

            assertThat(traffic.endings()).hasSize(1);
            traffic.finish("container: node killed", Holes.NONE);
        } catch (AssertionError e) {
            throw withLog(e);
        }
    }

    @Test
    void nodeTerminated_sendsItsClientsAway_andEndsWith0() {
        try (Traffic traffic = Traffic.start(fleet)) {
            assertThat(fleet.node(2).terminate()).isZero();
            traffic.healed();
            fleet.node(2).startAgain();
            fleet.awaitReady();

            assertThat(traffic.endings()).singleElement().asString().startsWith("1001 ");
            traffic.finish("container: node stopped with SIGTERM", Holes.NONE);
        } catch (AssertionError e) {
            throw withLog(e);
        }
    }

    @Test
    void redisPaused_causesNoDuplicate() throws Exception {
        try (Traffic traffic = Traffic.start(fleet)) {
            fleet.pauseRedis();
            Thread.sleep(3_000);
            fleet.unpauseRedis();
            traffic.healed();
            fleet.awaitReady();

            assertThat(traffic.endings()).as("clients stay").isEmpty();
            Verdict verdict = traffic.finish("container: Redis paused for 3 s", Holes.EXACT);
            assertThat(verdict.unknown() + verdict.notPublished()).isPositive();
        } catch (AssertionError e) {
            throw withLog(e);
        }
    }

    @Test
    void redisRestarted_isFoundAgain() throws Exception {
        try (Traffic traffic = Traffic.start(fleet)) {
            fleet.restartRedis(Duration.ofSeconds(2));
            traffic.healed();
            fleet.awaitReady();

            assertThat(traffic.endings()).as("clients stay").isEmpty();
            // A node cannot know whether a new process of Redis has all data of the last one: a hole of at least 1.
            Verdict verdict = traffic.finish("container: Redis restarted", Holes.AT_LEAST_ONE);
            assertThat(verdict.notPublished()).isPositive();
        } catch (AssertionError e) {
            throw withLog(e);
        }
    }

    @Test
    void nodeDisconnectedFromTheNetwork_isNotReady_andKeepsItsClients() throws Exception {
        try (Traffic traffic = Traffic.start(fleet)) {
            long disconnected = System.nanoTime();
            fleet.node(0).disconnect();
            await("not ready").atMost(Duration.ofSeconds(10)).until(() -> fleet.node(0)
                            .ready()
                    == 503);
            assertThat(fleet.node(1).ready()).isEqualTo(200);
            assertThat(fleet.node(2).ready()).isEqualTo(200);
            awaitSince(disconnected, Duration.ofMillis(7_500)); // longer than TCP waits for the other side
            fleet.node(0).connect();
            traffic.healed();
            fleet.awaitReady();

            assertThat(traffic.endings()).as("clients stay").isEmpty();
            Verdict verdict = traffic.finish("container: node disconnected from the network", Holes.EXACT);
            assertThat(verdict.lost()).as("what was published meanwhile").isPositive();
        } catch (AssertionError e) {
            throw withLog(e);
        }
    }

    private static void awaitSince(long nanos, Duration time) throws InterruptedException {
        Thread.sleep(Math.max(0, time.minusNanos(System.nanoTime() - nanos).toMillis()));
    }

    private static AssertionError withLog(AssertionError failure) {
        return new AssertionError(failure.getMessage() + "\n" + fleet.log(), failure);
    }
}
