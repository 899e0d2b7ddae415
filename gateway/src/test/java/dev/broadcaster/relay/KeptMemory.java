package dev.broadcaster.relay;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.time.Time;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Fills a {@link LocalRelay} until its account is full, in several ways, and prints the size of the account and the
 * growth of the heap: {@code <case> limit=… used=… heap=… dropped=…}, in bytes. Run in a separate JVM.
 */
public final class KeptMemory {
    private static final byte[] EVENT = "\"e\"".getBytes(US_ASCII);
    private static final HistoryConfig HISTORY =
            new HistoryConfig(List.of(new HistoryConfig.Rule("kept:", 100_000, Duration.ofHours(1))));
    private static final String LONG_NAME = "x".repeat(185);

    private KeptMemory() {}

    /** Publishes the {@code i}th message of a case. */
    private interface Step {
        void run(LocalRelay relay, int i);
    }

    /** Prints one line per case; no arguments. */
    public static void main(String[] args) {
        measure("warm-up", (relay, i) -> publish(relay, "kept:" + i, 10, null));
        measure("many-long-channels", (relay, i) -> publish(relay, "kept:" + LONG_NAME + i, 1, null));
        measure("many-counters", (relay, i) -> relay.replay("kept:" + LONG_NAME + i, new Replay(null, 0), ignored()));
        measure("small-messages", (relay, i) -> publish(relay, "kept:" + i % 5, 10, null));
        measure("messages-of-60-kB", (relay, i) -> publish(relay, "kept:" + i % 100, 60_000, null));
        measure("messages-of-350-kB", (relay, i) -> publish(relay, "kept:" + i % 100, 350_000, null));
        measure("messages-of-600-kB", (relay, i) -> publish(relay, "kept:" + i % 100, 600_000, null));
        measure(
                "idempotency-keys",
                (relay, i) -> publish(relay, LONG_NAME + i, 1, "key-" + LONG_NAME.substring(80) + i));
        measure("short-keys", (relay, i) -> publish(relay, "a", 1, "k" + i));
        measure("channels-with-equal-hash-codes", (relay, i) -> publish(relay, "kept:" + equalHash(i), 1, null));
        measure("everything", (relay, i) -> {
            publish(relay, "kept:" + LONG_NAME + i, 100, i % 3 == 0 ? "key" + i : null);
            publish(relay, "kept:" + i % 10, i % 7 * 3_000, null);
        });
    }

    private static String equalHash(int i) {
        StringBuilder name = new StringBuilder();
        for (int bit = 0; bit < 22; bit++) {
            name.append((i >> bit & 1) == 0 ? "Aa" : "BB");
        }
        return name.toString();
    }

    private static void measure(String name, Step step) {
        try (Metrics metrics = new Metrics()) {
            MemoryBudget budget = MemoryBudget.ofHeap(60, metrics);
            Account account = budget.account(Purpose.HISTORY);
            long before = heap();
            LocalRelay relay =
                    new LocalRelay(Time.SYSTEM, new MessageIds(Time.SYSTEM, 1), new Timestamps(), HISTORY, budget);
            relay.start(new RelayListener() {
                @Override
                public void onMessage(Message message) {}

                @Override
                public void onLoss(String channel, long count) {
                    throw new AssertionError(channel);
                }
            });
            int steps = 0;
            while (account.used() < account.limit() * 9 / 10) {
                step.run(relay, steps++);
            }
            for (int end = steps * 3 / 2; steps < end; steps++) { // so that a third is dropped again
                step.run(relay, steps);
            }
            double dropped = dropped(metrics);
            long grown = heap() - before;
            System.out.printf(
                    Locale.ROOT,
                    "%s limit=%d used=%d heap=%d dropped=%.0f%n",
                    name,
                    account.limit(),
                    account.used(),
                    grown,
                    dropped);
            publish(relay, "kept:end", 1, null); // the relay must be reachable until here
        }
    }

    private static void publish(LocalRelay relay, String channel, int length, String key) {
        byte[] payload = new byte[length];
        byte[] event = EVENT.clone();
        relay.publish(new Publication(channel, event, payload, key), outcome -> {
            if (!(outcome instanceof PublishOutcome.Accepted)) {
                throw new AssertionError(outcome);
            }
        });
    }

    private static ReplayCallback ignored() {
        return new ReplayCallback() {
            @Override
            public void onReplayed(Replayed replayed) {}

            @Override
            public void onFailed(String reason) {
                throw new AssertionError(reason);
            }
        };
    }

    private static double dropped(Metrics metrics) {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith("broadcaster_budget_refusals_total{account=\"history\"}"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .sum();
    }

    /** The used heap after a garbage collection. */
    private static long heap() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(
                    least,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }
}
