package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Checker.Holes;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Redis refuses: it accepts no writes, has no memory left, has another password, has too many clients. The nodes report
 * the reason, do not retry too often, and recover by themselves.
 */
class RedisRefusesIT {
    private static final String PASSWORD = "a-password-of-the-fault-tests";
    private static final double SECONDS = 3;

    /** Two nodes with two connections each; a dozen attempts in these seconds, the first ones in quick succession. */
    private static final long MOST_ATTEMPTS = 4 * 12;

    private static final long MOST_LINES = 40;
    private static final Duration MOST_CPU = Duration.ofSeconds(2);

    private static RedisServer redis;
    private static FaultProxy network;
    private static Fleet fleet;
    private static Resp admin;

    @BeforeAll
    static void start() throws IOException {
        redis = RedisServer.start("requirepass " + PASSWORD);
        network = new FaultProxy(redis.port(), Traffic.Plan.seedOfNow());
        String url = redis.url(network.port());
        fleet = Fleet.start(List.of(url, url));
        admin = redis.connect(5_000);
    }

    @AfterAll
    static void stop() throws IOException {
        admin.close();
        fleet.close();
        network.close();
        redis.close();
    }

    @Test
    void takesNoWrites() {
        String nobody = Integer.toString(RedisServer.freePort());
        refuse(
                "Redis -READONLY 3 s",
                "READONLY",
                () -> tell("REPLICAOF", "127.0.0.1", nobody),
                () -> tell("REPLICAOF", "NO", "ONE"));
    }

    @Test
    void hasNoMemory_keepsItsConnections() {
        long attempts = network.attempts();
        refuse("Redis -OOM 3 s", "OOM", () -> configure("maxmemory", "1"), () -> configure("maxmemory", "0"));
        assertThat(network.attempts()).as("attempts to connect").isEqualTo(attempts);
    }

    @Test
    void knowsAnotherPassword() {
        refuse(
                "Redis has another password 3 s",
                "WRONGPASS",
                () -> {
                    configure("requirepass", "other");
                    killClients();
                },
                () -> configure("requirepass", PASSWORD));
    }

    @Test
    void hasTooManyClients() {
        refuse(
                "Redis maxclients 3 s",
                "max number of clients reached",
                () -> {
                    configure("maxclients", "1"); // that is the admin
                    killClients();
                },
                () -> configure("maxclients", "10000"));
    }

    private static void refuse(String fault, String reason, Runnable begin, Runnable end) {
        try {
            refuseAndHeal(fault, reason, begin, end);
        } finally {
            end.run(); // after any failure: the next test uses the same Redis
        }
    }

    private static void refuseAndHeal(String fault, String reason, Runnable begin, Runnable end) {
        try (Traffic traffic = Traffic.start(fleet)) {
            long attempts = network.attempts();
            Duration cpu = cpu();
            long lines = lines();
            begin.run();
            long begun = System.nanoTime();
            assertThat(fleet.secondsUntilUnready()).as("until not ready").isLessThan(10);
            long unready = System.nanoTime();
            Fleet.sleep(SECONDS - (unready - begun) / 1e9);
            traffic.assertRefusedAtOnce(unready, System.nanoTime());
            // A refused connection may end before the reason has been read; a later one reports it.
            for (GatewayNode node : fleet.nodes()) {
                await().atMost(Duration.ofSeconds(5))
                        .untilAsserted(() -> assertThat(node.ready().body())
                                .doesNotContain(PASSWORD)
                                .contains(reason));
                assertThat(node.process().get("/broadcaster/ready").body())
                        .isEqualTo("{\"ready\":false,\"reason\":\"not ready: relay\"}");
            }
            System.out.printf(
                    "%s: %d attempts to connect, %d ms of CPU, %d lines of log by two nodes%n",
                    fault, network.attempts() - attempts, cpu().minus(cpu).toMillis(), lines() - lines);
            assertThat(network.attempts() - attempts).as("attempts to connect").isLessThan(MOST_ATTEMPTS);
            assertThat(cpu().minus(cpu)).as("CPU").isLessThan(MOST_CPU);
            assertThat(lines() - lines).as("lines of log").isLessThan(MOST_LINES);

            end.run();
            assertThat(traffic.healed()).as("until everything flows").isLessThan(5);
            assertThat(fleet.secondsUntilReady()).as("until ready").isLessThan(5);
            traffic.finish(fault, Holes.EXACT);
            assertThat(traffic.endings()).as("connections that ended").isEmpty();
            assertThat(fleet.log()).doesNotContain(PASSWORD);
        }
    }

    private static Duration cpu() {
        return fleet.nodes().stream().map(node -> node.process().cpuTime()).reduce(Duration.ZERO, Duration::plus);
    }

    private static long lines() {
        return fleet.log().lines().count();
    }

    private static void configure(String name, String value) {
        tell("CONFIG", "SET", name, value);
    }

    private static void killClients() {
        tell("CLIENT", "KILL", "TYPE", "pubsub");
        tell("CLIENT", "KILL", "TYPE", "normal");
    }

    private static void tell(String... words) {
        try {
            admin.command(words);
        } catch (IOException e) {
            throw new AssertionError(String.join(" ", words), e);
        }
    }
}
