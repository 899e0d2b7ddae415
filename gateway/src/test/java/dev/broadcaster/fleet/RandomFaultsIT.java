package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Checker.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Faults of Redis, of the network and of nodes, in a random order: three nodes, each with its own network to one Redis.
 * After each fault everything flows again by itself; at the end no message was lost unnoticed or received twice.
 *
 * <p>{@code -Dfaults.minutes=20} makes it longer than two minutes, {@code -Dfaults.seed=} repeats a printed order.
 */
class RandomFaultsIT {
    private static final int NODES = 3;

    private final long seed = Traffic.Plan.seedOfNow();
    private final long minutes = Long.getLong("faults.minutes", 2);
    private final Random random = new Random(seed);
    private final RedisServer redis = RedisServer.start();
    private final List<FaultProxy> networks = new ArrayList<>();
    private final List<Fault> ofRedis = new ArrayList<>();
    private final List<Fault> ofNetworks = new ArrayList<>();
    private final List<Fault> ofNodes = new ArrayList<>();
    private final List<Span> uncounted = new ArrayList<>(); // the times when Redis lost its counters

    @SuppressWarnings("NullAway.Init") // the test
    private Fleet fleet;

    @SuppressWarnings("NullAway.Init") // the test
    private Traffic traffic;

    private record Fault(String name, Runnable strike) {}

    private record Span(long from, long to) {
        boolean overlaps(long otherFrom, long otherTo) {
            return otherFrom <= to && from <= otherTo;
        }
    }

    @AfterEach
    void close() {
        networks.forEach(FaultProxy::close);
        redis.close();
    }

    @Test
    void everythingFlowsAgain_afterEachFault_andEveryLossIsAHole() {
        System.out.printf("random faults: seed %d, %d minutes%n", seed, minutes);
        for (int i = 0; i < NODES; i++) {
            networks.add(new FaultProxy(redis.port(), seed + i));
        }
        defineFaults();
        try (Fleet nodes = Fleet.start(
                        networks.stream().map(way -> redis.url(way.port())).toList());
                Traffic load = Traffic.start(nodes, new Traffic.Plan(4, 6, 8, 150, seed))) {
            fleet = nodes;
            traffic = load;
            run();
            Verdict verdict = traffic.finish("random faults, " + minutes + " minutes", this::holes);
            assertThat(verdict.duplicates()).isZero();
        }
    }

    private void run() {
        List<List<Fault>> kinds = List.of(ofRedis, ofNetworks, ofNodes);
        long start = System.nanoTime();
        for (long now = start; now - start < minutes * 60_000_000_000L; now = System.nanoTime()) {
            Fault fault = any(any(kinds));
            fault.strike.run();
            networks.forEach(FaultProxy::heal);
            double at = (now - start) / 1e9;
            double seconds = recover(fault.name, at);
            if (fault == ofRedis.get(0)) {
                uncounted.add(new Span(now, System.nanoTime()));
            }
            System.out.printf(
                    Locale.ROOT, "random faults: at %6.1f s %-34s recovered %5.2f s%n", at, fault.name, seconds);
            traffic.flow(200 + random.nextInt(1_500));
        }
    }

    private <T> T any(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private double recover(String name, double at) {
        long healed = System.nanoTime();
        try {
            traffic.healed();
            await("/ready of all")
                    .atMost(Traffic.RECOVERY_LIMIT)
                    .pollInterval(Duration.ofMillis(50))
                    .until(fleet::isReady);
        } catch (RuntimeException e) {
            throw new AssertionError(
                    String.format(Locale.ROOT, "after %s at %.1f s, seed %d: %s", name, at, seed, e.getMessage()), e);
        }
        return (System.nanoTime() - healed) / 1e9;
    }

    /** A hole equals the loss, unless Redis lost its counters meanwhile. */
    private Holes holes(String channel, long from, long to) {
        return uncounted.stream().anyMatch(span -> span.overlaps(from, to)) ? Holes.AT_LEAST_ONE : Holes.EXACT;
    }

    private void defineFaults() {
        redis(
                "kill -9, restart",
                () -> { // the one that loses the counters
                    redis.kill9();
                    pause(200, 3_000);
                    redis.restart();
                });
        redis("SIGSTOP", () -> {
            redis.sigstop();
            pause(500, 5_000);
            redis.sigcont();
        });
        redis("CLIENT KILL TYPE pubsub", () -> redis.command("CLIENT", "KILL", "TYPE", "pubsub"));
        redis("CLIENT KILL TYPE normal", () -> redis.command("CLIENT", "KILL", "TYPE", "normal"));
        network("cut", FaultProxy::cut);
        network("reset", FaultProxy::reset);
        lastingNetwork("refused", FaultProxy::refuse, 200, 3_000);
        lastingNetwork("gone", FaultProxy::blackHole, 500, 9_000);
        lastingNetwork("gone one way, requests", FaultProxy::blackHoleRequests, 500, 9_000);
        lastingNetwork("gone one way, replies", FaultProxy::blackHoleReplies, 500, 9_000);
        lastingNetwork("delayed", way -> way.delay(10 + random.nextInt(100)), 1_000, 4_000);
        lastingNetwork("stalled now and then", way -> way.stall(0.2, 100 + random.nextInt(200)), 1_000, 4_000);
        lastingNetwork("slow", way -> way.drip(200 + random.nextInt(2_000), 5), 1_000, 4_000);
        network("loses replies, then cut", way -> {
            way.dropReplies();
            pause(20, 1_500);
            way.cut();
        });
        node("kill -9, restart", node -> {
            node.kill9();
            pause(100, 2_000);
            node.restart();
        });
        node("SIGSTOP", node -> {
            node.sigstop();
            pause(300, 8_000);
            node.sigcont();
        });
        node("SIGTERM, restart", node -> {
            assertThat(node.terminate()).as("exit code of %s", node).isZero();
            node.restart();
        });
    }

    private void redis(String name, Runnable fault) {
        ofRedis.add(new Fault("Redis: " + name, fault));
    }

    private void node(String name, Consumer<GatewayNode> fault) {
        ofNodes.add(new Fault("node: " + name, () -> fault.accept(any(fleet.nodes()))));
    }

    /** A fault of the network of one node, or of all. */
    private void network(String name, Consumer<FaultProxy> fault) {
        ofNetworks.add(new Fault("network: " + name, () -> someNetworks().forEach(fault)));
    }

    private void lastingNetwork(String name, Consumer<FaultProxy> fault, int leastMillis, int mostMillis) {
        ofNetworks.add(new Fault("network: " + name, () -> {
            someNetworks().forEach(fault);
            pause(leastMillis, mostMillis);
        }));
    }

    private List<FaultProxy> someNetworks() {
        return random.nextBoolean() ? networks : List.of(any(networks));
    }

    /** Waits while the fault lasts; another may follow before its end. */
    private void pause(int leastMillis, int mostMillis) {
        int millis = leastMillis + random.nextInt(mostMillis - leastMillis);
        traffic.flow(millis / 2);
        if (random.nextInt(3) == 0) {
            someNetworks().forEach(random.nextBoolean() ? FaultProxy::cut : FaultProxy::reset);
        }
        traffic.flow(millis / 2);
    }
}
