package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Checker.Holes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * Hostile clients of all kinds at once against a node with a small heap, beside honest clients whose messages are
 * checked. {@link StormIT} runs it for some seconds, {@code .ci/storm} for any time. Prints latencies, memory and
 * refusals.
 */
final class Storm {
    private static final String USED = "broadcaster_budget_used_bytes";
    private static final String LIMIT = "broadcaster_budget_limit_bytes";

    private final StormPlan plan;
    private final Map<String, Double> most = new TreeMap<>(); // bytes of accounts, of the heap, and of the process

    private Storm(StormPlan plan) {
        this.plan = plan;
    }

    /** Exits with 0 if the node lived, nothing was lost and no account was exceeded, else with 1. */
    public static void main(String[] args) {
        StormPlan plan;
        try {
            plan = StormPlan.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println("wrong option: " + e.getMessage() + '\n' + StormPlan.USAGE);
            System.exit(2);
            return;
        }
        try {
            run(plan);
            System.out.println("storm: passed");
            System.exit(0);
        } catch (Exception | AssertionError e) {
            e.printStackTrace(System.out);
            System.out.println("storm: FAILED");
            System.exit(1);
        }
    }

    /**
     * Runs a storm.
     *
     * @throws AssertionError if the node ended, a message was lost, an honest connection was cut, an account was
     *     exceeded, or memory was not given back
     */
    static void run(StormPlan plan) throws IOException, GeneralSecurityException, InterruptedException {
        new Storm(plan).run();
    }

    private void run() throws IOException, GeneralSecurityException, InterruptedException {
        System.out.println("storm: " + plan + ", java " + Runtime.version());
        try (StormNode node = StormNode.start(plan)) {
            if (plan.each()) {
                new StormOfEach(plan, node).run();
            } else {
                run(node);
            }
        }
    }

    private void run(StormNode node) throws IOException {
        Traffic.Plan honest = new Traffic.Plan(2, plan.clients(), 2, plan.perSecond(), plan.seed());
        try (Traffic traffic = Traffic.start(node, honest)) {
            long started = System.nanoTime();
            traffic.flow(plan.quietMillis());
            long begun = System.nanoTime();
            String attacks = attack(node, traffic);
            long ended = System.nanoTime();
            System.out.println("storm: attacking connections " + attacks);
            System.out.println("storm: most bytes " + most);
            System.out.println("storm: ms in the second half of the quiet time: "
                    + Latencies.between(traffic.ledger(), started + plan.quietMillis() * 500_000, begun));
            System.out.println("storm: ms in the storm: " + Latencies.between(traffic.ledger(), begun, ended));
            assertThat(node.process.isAlive()).as(node::log).isTrue();

            traffic.healed();
            traffic.finish("storm of " + plan.attackers() + " attackers of each kind", Holes.NONE);
            System.out.println("storm: refusals and closes " + node.refusals(Map.of()));
            System.out.println("storm: heap after a collection " + node.process.heapAfterCollection());
            assertThat(traffic.endings()).as("honest connections that ended").isEmpty();
            assertWithinLimits(node);
            await("what connections held is given back")
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(node.accounts(USED)).allSatisfy((account, bytes) -> {
                        if (!account.equals("history")) {
                            assertThat(bytes).as(account).isZero();
                        }
                    }));
        }
    }

    /** Returns the number of connections of each kind. */
    private String attack(StormNode node, Traffic traffic) throws IOException {
        long end = System.nanoTime() + plan.millis() * 1_000_000;
        try (AttackerProcess attackers = AttackerProcess.start(plan, plan.kinds(), node)) {
            while (System.nanoTime() < end && node.process.isAlive()) {
                traffic.flow(1_000);
                try {
                    node.accounts(USED).forEach((account, bytes) -> most.merge(account, bytes, Math::max));
                    most.merge("(heap)", node.process.metric("jvm_memory_used_bytes", "area=\"heap\""), Math::max);
                    most.merge("(resident)", node.residentBytes(), Math::max);
                } catch (UncheckedIOException e) {
                    System.out.println("storm: no metrics: " + e.getMessage());
                }
            }
            return attackers.stop();
        }
    }

    private void assertWithinLimits(StormNode node) {
        Map<String, Double> limits = node.accounts(LIMIT);
        System.out.println("storm: limits " + limits);
        limits.forEach((account, limit) ->
                assertThat(most.getOrDefault(account, 0.0)).as(account).isLessThanOrEqualTo(limit));
    }
}
