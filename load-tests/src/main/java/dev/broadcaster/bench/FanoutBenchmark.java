package dev.broadcaster.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Loads the gateway and a bare loop in turn, each in a new process, and prints a table of the cost of their deliveries.
 * Other work on the machine affects both; compare the ratio. A program; ends with 1 if a delivery was wrong.
 */
public final class FanoutBenchmark {
    private final Options options;
    private final Contender gateway;
    private final Contender bare;
    private final PrintStream out;

    private FanoutBenchmark(Options options, PrintStream out) {
        this.options = options;
        this.gateway = options.compression() ? Contender.compressingGateway() : Contender.gateway();
        this.bare = options.compression() ? Contender.gateway() : Contender.bare();
        this.out = out;
    }

    public static void main(String[] args) throws IOException {
        Options options;
        try {
            options = Options.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage() + "\n\n" + Options.USAGE);
            System.exit(2);
            return;
        }
        try {
            new FanoutBenchmark(options, System.out).run();
        } catch (IllegalStateException | UncheckedIOException e) {
            System.err.println("This run says nothing: " + e.getMessage());
            System.exit(1);
        }
    }

    private void run() throws IOException {
        Map<Workload, Pairs<Sample>> samples = new LinkedHashMap<>();
        options.workloads().forEach(workload -> samples.put(workload, new Pairs<>()));
        Pairs<IdleCost> idle = new Pairs<>();
        for (int round = 1; round <= options.rounds(); round++) {
            boolean gatewayFirst = round % 2 == 1;
            for (Map.Entry<Workload, Pairs<Sample>> entry : samples.entrySet()) {
                progress(round, entry.getKey().name());
                entry.getValue()
                        .add(gatewayFirst, contender -> contender.measure(entry.getKey(), options), gateway, bare);
            }
            if (options.idle()) {
                progress(round, "idle");
                idle.add(gatewayFirst, IdleCost::measure, gateway, bare);
            }
        }
        printMachine();
        printSamples(samples);
        if (options.idle()) {
            printIdle(idle);
        }
    }

    private void progress(int round, String name) {
        System.err.println("round " + round + " of " + options.rounds() + ": " + name);
    }

    /** Measures a contender. */
    private interface Measurement<T> {
        @Nullable
        T of(Contender contender) throws IOException;
    }

    /** The results of the rounds for both. */
    private static final class Pairs<T> {
        final List<T> gateway = new ArrayList<>();
        final List<T> bare = new ArrayList<>();

        void add(boolean gatewayFirst, Measurement<T> measurement, Contender ours, Contender theirs)
                throws IOException {
            if (gatewayFirst) {
                add(gateway, measurement.of(ours));
                add(bare, measurement.of(theirs));
            } else {
                add(bare, measurement.of(theirs));
                add(gateway, measurement.of(ours));
            }
        }

        private static <T> void add(List<T> list, @Nullable T item) {
            if (item != null) {
                list.add(item);
            }
        }
    }

    private void printMachine() {
        Runtime runtime = Runtime.getRuntime();
        out.printf(
                Locale.ROOT,
                "%n%d processors, %s %s, Java %s; %d rounds of %d s after %d s; median (least-greatest)%n%n",
                runtime.availableProcessors(),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("java.version"),
                options.rounds(),
                options.window().toSeconds(),
                options.warmUp().toSeconds());
    }

    private void printSamples(Map<Workload, Pairs<Sample>> samples) {
        if (samples.isEmpty()) {
            return;
        }
        out.printf(
                "| work | %s: CPU µs a delivery | %s | ratio | %1$s: deliveries/s | %2$s | %1$s: p50 ms | p99 ms | %2$s: p99 ms | %1$s: bytes a delivery | %2$s |%n",
                gateway.name(), bare.name());
        out.println("|---|---|---|---|---|---|---|---|---|---|---|");
        samples.forEach((workload, pairs) -> {
            Spread ours = Spread.of(pairs.gateway, Sample::cpuMicros);
            boolean compared = !pairs.bare.isEmpty();
            String unit = workload.publishesOnly() ? " (a publish)" : "";
            out.printf(
                    Locale.ROOT,
                    "| %s%s | %s | %s | %s | %,.0f | %s | %s | %s | %s | %,.0f | %s |%n",
                    workload.title(),
                    unit,
                    ours,
                    compared ? Spread.of(pairs.bare, Sample::cpuMicros) : "-",
                    compared ? ratio(ours, Spread.of(pairs.bare, Sample::cpuMicros)) : "-",
                    Spread.of(pairs.gateway, Sample::perSecond).median(),
                    compared ? median(pairs.bare, Sample::perSecond) : "-",
                    Spread.of(pairs.gateway, Sample::p50Millis),
                    Spread.of(pairs.gateway, Sample::p99Millis),
                    compared ? Spread.of(pairs.bare, Sample::p99Millis) : "-",
                    Spread.of(pairs.gateway, Sample::bytes).median(),
                    compared ? median(pairs.bare, Sample::bytes) : "-");
        });
    }

    private static String median(List<Sample> samples, ToDoubleFunction<Sample> value) {
        return String.format(Locale.ROOT, "%,.0f", Spread.of(samples, value).median());
    }

    private static String ratio(Spread ours, Spread theirs) {
        return String.format(Locale.ROOT, "%.2f", ours.median() / theirs.median());
    }

    private void printIdle(Pairs<IdleCost> idle) {
        out.printf("%n| a connection that does nothing | %s | %s |%n|---|---|---|%n", gateway.name(), bare.name());
        printIdle("memory, bytes", idle, IdleCost::residentBytes);
        printIdle("connect, authenticate, subscribe: CPU µs", idle, IdleCost::connectMicros);
        printIdle("start of the process until it listens, ms", idle, IdleCost::startMillis);
    }

    private void printIdle(String title, Pairs<IdleCost> idle, ToDoubleFunction<IdleCost> value) {
        out.printf("| %s | %s | %s |%n", title, Spread.of(idle.gateway, value), Spread.of(idle.bare, value));
    }
}
