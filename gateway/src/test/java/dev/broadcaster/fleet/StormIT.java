package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Ledger;
import dev.broadcaster.testing.Ledger.Outcome;
import dev.broadcaster.testing.Ledger.Published;
import dev.broadcaster.testing.Ledger.Received;
import dev.broadcaster.testing.Ledger.Subscription;
import dev.broadcaster.testing.NodeProcess;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Hostile clients of all kinds at once try to fill the memory of a node with a small heap. Honest clients lose nothing.
 *
 * <p>{@code -Dstorm.minutes=10 -Dstorm.attackers=30 -Dstorm.clients=500 -Dstorm.rate=10} is the full test,
 * {@code -Dstorm.heap=614m} gives the node another heap.
 */
class StormIT {
    private static final int ATTACKERS = Integer.getInteger("storm.attackers", 6);
    private static final int CLIENTS = Integer.getInteger("storm.clients", 60);
    private static final int PER_SECOND = Integer.getInteger("storm.rate", 40);
    private static final long MILLIS = Long.getLong("storm.minutes", 0) * 60_000;
    private static final long SHORT_MILLIS = 15_000;
    private static final long QUIET_MILLIS = 5_000;
    private static final String HEAP = System.getProperty("storm.heap", "256m");
    private static final String USED = "broadcaster_budget_used_bytes";
    private static final String LIMIT = "broadcaster_budget_limit_bytes";

    @Test
    void honestClientsLoseNothing_whileAllAttacksGoOn() {
        Traffic.Plan plan = new Traffic.Plan(2, CLIENTS, 2, PER_SECOND, Traffic.Plan.seedOfNow());
        try (NodeProcess node = NodeProcess.start(settings(), "-Xmx" + HEAP);
                Traffic traffic = Traffic.start(new OneNode(node), plan)) {
            traffic.flow(QUIET_MILLIS);
            long begun = System.nanoTime();
            Map<String, Double> most = new TreeMap<>();
            String attacks;
            try (Attackers attackers = Attackers.start(node.port(), ATTACKERS, plan.seed())) {
                long end = begun + Math.max(SHORT_MILLIS, MILLIS) * 1_000_000;
                while (System.nanoTime() < end && node.isAlive()) {
                    traffic.flow(1_000);
                    try {
                        accounts(node, USED).forEach((account, bytes) -> most.merge(account, bytes, Math::max));
                    } catch (UncheckedIOException e) {
                        assertThat(node.isAlive()).as(node::log).isTrue();
                    }
                }
                attacks = attackers.toString();
            }
            long ended = System.nanoTime();
            assertThat(node.isAlive()).as(node::log).isTrue();

            traffic.healed();
            traffic.finish("storm of " + ATTACKERS + " attackers of each kind", Holes.NONE);
            System.out.printf(Locale.ROOT, "storm: heap %s, connections: %s%n", HEAP, attacks);
            System.out.printf(Locale.ROOT, "storm: most bytes %s%n", most);
            System.out.printf(
                    Locale.ROOT,
                    "storm: p99 of a delivery %.1f ms before, %.1f ms during%n",
                    p99(traffic.ledger(), 0, begun),
                    p99(traffic.ledger(), begun, ended));
            assertThat(traffic.endings()).as("honest connections that ended").isEmpty();
            Map<String, Double> limits = accounts(node, LIMIT);
            assertThat(most)
                    .allSatisfy(
                            (account, bytes) -> assertThat(bytes).as(account).isLessThanOrEqualTo(limits.get(account)));
            await("what connections held is given back")
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(accounts(node, USED)).allSatisfy((account, bytes) -> {
                        if (!account.equals("history")) {
                            assertThat(bytes).as(account).isZero();
                        }
                    }));
        }
    }

    private static Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>();
        settings.put("HISTORY", "large:=100/10m,many:=100/10m");
        settings.put("MAX_PUBLISH_RATE", "0"); // honest publishers and attackers have one key
        settings.put("MAX_NEW_CHANNEL_RATE", "0");
        return settings;
    }

    private static Map<String, Double> accounts(NodeProcess node, String metric) {
        return node.managementGet("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(metric + "{"))
                .collect(Collectors.toMap(
                        line -> line.replaceFirst(".*account=\"([^\"]*)\".*", "$1"),
                        line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))));
    }

    /**
     * The milliseconds from the sending of an accepted publish to its arrival at a subscriber, for those sent in an
     * interval.
     */
    private static double p99(Ledger ledger, long from, long to) {
        Map<String, Published> accepted = ledger.published().stream()
                .filter(publish -> publish.outcome() == Outcome.ACCEPTED)
                .filter(publish -> publish.sent() > from && publish.sent() < to)
                .collect(Collectors.toMap(Published::id, publish -> publish));
        double[] millis = ledger.subscriptions().stream()
                .map(Subscription::frames)
                .flatMap(frames -> frames.stream().filter(frame -> accepted.containsKey(frame.id())))
                .mapToDouble((Received frame) ->
                        (frame.at() - accepted.get(frame.id()).sent()) / 1e6)
                .sorted()
                .toArray();
        return millis.length == 0 ? Double.NaN : millis[millis.length * 99 / 100];
    }

    private record OneNode(NodeProcess node) implements TrafficTarget {
        @Override
        public int size() {
            return 1;
        }

        @Override
        public int port(int number) {
            return node.port();
        }

        @Override
        public int portInService(int preferred) {
            return node.port();
        }

        @Override
        public String log() {
            return node.log();
        }
    }
}
