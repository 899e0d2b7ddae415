package dev.broadcaster.fleet;

import dev.broadcaster.testing.Ledger;
import dev.broadcaster.testing.Ledger.Outcome;
import dev.broadcaster.testing.Ledger.Published;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/**
 * The accepted publishes that were sent in an interval, and their deliveries.
 *
 * @param publishMillis sorted
 * @param deliveryMillis from the beginning of the publish, sorted
 * @param missing deliveries to a subscription of the channel that have not happened
 */
record Latencies(double[] publishMillis, double[] deliveryMillis, long missing) {
    static Latencies between(Ledger ledger, long from, long to) {
        return of(
                ledger,
                ledger.published().stream()
                        .filter(publish -> publish.outcome() == Outcome.ACCEPTED)
                        .filter(publish -> publish.sent() > from && publish.sent() < to)
                        .toList());
    }

    private static Latencies of(Ledger ledger, List<Published> publishes) {
        Map<String, Published> accepted =
                publishes.stream().collect(Collectors.toMap(Published::id, publish -> publish));
        DoubleStream.Builder deliveries = DoubleStream.builder();
        long missing = 0;
        for (Ledger.Subscription subscription : ledger.subscriptions()) {
            Set<String> owed = publishes.stream()
                    .filter(publish -> publish.channel().equals(subscription.channel))
                    .map(Published::id)
                    .collect(Collectors.toSet());
            for (Ledger.Received frame : subscription.frames()) {
                if (owed.remove(frame.id())) {
                    deliveries.add((frame.at() - accepted.get(frame.id()).sent()) / 1e6);
                }
            }
            missing += owed.size();
        }
        return new Latencies(
                publishes.stream()
                        .mapToDouble(publish -> (publish.answered() - publish.sent()) / 1e6)
                        .sorted()
                        .toArray(),
                deliveries.build().sorted().toArray(),
                missing);
    }

    /** Of the deliveries; NaN if there was none. */
    double p99() {
        return at(deliveryMillis, 99);
    }

    double p50() {
        return at(deliveryMillis, 50);
    }

    double worst() {
        return deliveryMillis.length == 0 ? Double.NaN : deliveryMillis[deliveryMillis.length - 1];
    }

    private static double at(double[] sorted, int percent) {
        return sorted.length == 0 ? Double.NaN : sorted[sorted.length * percent / 100];
    }

    @Override
    public String toString() {
        return "publish " + text(publishMillis) + ", delivery " + text(deliveryMillis);
    }

    private static String text(double[] sorted) {
        return sorted.length == 0
                ? "none"
                : String.format(
                        Locale.ROOT,
                        "p50 %.1f p99 %.1f max %.1f (%d)",
                        at(sorted, 50),
                        at(sorted, 99),
                        sorted[sorted.length - 1],
                        sorted.length);
    }
}
