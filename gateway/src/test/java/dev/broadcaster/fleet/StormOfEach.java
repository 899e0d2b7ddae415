package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Publisher;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One kind of attack after the other against one node, beside the same honest clients. Prints a line for each: the
 * latency of deliveries without and with the attack, lost messages, the heap during the attack, and refusals.
 */
final class StormOfEach {
    /** The time in which the JVM compiles what the honest clients need. */
    private static final long WARM_UP_MILLIS = 5_000;

    private static final String HEADER =
            "kind | p99 ms quiet | attacked | ratio | p50 attacked | worst | stall of the clients | lost | heap MB"
                    + " | connections made | refused and closed";

    private final StormPlan plan;
    private final StormNode node;
    private final List<String> above = new ArrayList<>();

    StormOfEach(StormPlan plan, StormNode node) {
        this.plan = plan;
        this.node = node;
    }

    /**
     * Runs them.
     *
     * @throws AssertionError if the node ended, a message was lost, or an honest connection was cut
     */
    void run() throws IOException {
        Traffic.Plan honest = new Traffic.Plan(4, plan.clients(), 2, plan.perSecond(), plan.seed());
        try (Stalls stalls = Stalls.start();
                Traffic traffic = Traffic.start(node, honest)) {
            fillHistory();
            traffic.flow(WARM_UP_MILLIS);
            System.out.println("each: " + HEADER);
            for (Attack kind : plan.kinds()) {
                run(kind, traffic, stalls);
            }
            traffic.healed();
            traffic.finish("storms of " + plan.attackers() + " attackers, one kind after the other", Holes.NONE);
            assertThat(traffic.endings()).as("honest connections that ended").isEmpty();
        }
        System.out.println("each: above 3 times: " + above);
    }

    /** Gives the attackers a large history to ask for. */
    private void fillHistory() throws IOException {
        String payload = "\"" + "z".repeat(60_000) + "\"";
        Socket socket = node.over(new Socket("127.0.0.1", node.port(0)));
        try (Publisher publisher = new Publisher(socket)) {
            for (int i = 0; i < 100; i++) {
                publisher.send(Publisher.request(Attack.LARGE, payload));
                assertThat(publisher.answer().status()).isEqualTo(200);
            }
        }
    }

    private void run(Attack kind, Traffic traffic, Stalls stalls) throws IOException {
        Map<String, Double> before = node.refusals(Map.of());
        long started = System.nanoTime();
        traffic.flow(plan.quietMillis());
        long begun;
        long ended;
        long heap;
        String made;
        try (AttackerProcess attackers = AttackerProcess.start(plan, List.of(kind), node)) {
            begun = System.nanoTime();
            traffic.flow(plan.millis());
            ended = System.nanoTime();
            heap = node.process.heapAfterCollection();
            made = attackers.stop();
        }
        assertThat(node.process.isAlive()).as(node::log).isTrue();
        traffic.healed();
        Latencies quiet = Latencies.between(traffic.ledger(), started, begun);
        Latencies attacked = Latencies.between(traffic.ledger(), begun, ended);
        double ratio = attacked.p99() / quiet.p99();
        if (ratio > 3) {
            above.add(String.format(Locale.ROOT, "%s %.1f", kind, ratio));
        }
        System.out.printf(
                Locale.ROOT,
                "each: %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %d | %.0f | %s | %s%n",
                kind,
                quiet.p99(),
                attacked.p99(),
                ratio,
                attacked.p50(),
                attacked.worst(),
                stalls.worstMillis(begun, ended),
                quiet.missing() + attacked.missing(),
                heap / 1e6,
                made.replaceAll("\\D+", ""),
                node.refusals(before));
    }
}
