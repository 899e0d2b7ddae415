package dev.broadcaster.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The options of the command line.
 *
 * @param compression true to compare the gateway with and without compression
 * @param idle true to measure the cost of idle connections, too
 */
record Options(
        int rounds, Duration warmUp, Duration window, List<Workload> workloads, boolean idle, boolean compression) {
    private static final String IDLE = "idle";

    static final String USAGE = """
            java -jar load-tests/target/load-tests.jar [--rounds N] [--warm-up SECONDS] [--seconds SECONDS] [--compression] [WORKLOAD...]

            Workloads (all, if none is named): %s, idle,
            or CONNECTIONS,CHANNELS,SUBSCRIPTIONS,RATE,PAYLOAD_BYTES (rate 0: 32 publishes in flight).
            --compression measures the gateway with COMPRESSION=true beside the same without, and no loop.
            FLOOR names an executable that is measured instead of the bare loop: FLOOR PORT coalesce.""".formatted(
                    String.join(", ", Workload.ALL.stream().map(Workload::name).toList()));

    /**
     * Reads the command line.
     *
     * @throws IllegalArgumentException if it is wrong
     */
    static Options parse(String[] args) {
        int rounds = 5;
        double warmUp = 5;
        double seconds = 8;
        boolean compression = false;
        List<String> names = new ArrayList<>();
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--rounds" -> rounds = (int) number(args, ++i);
                case "--warm-up" -> warmUp = number(args, ++i);
                case "--seconds" -> seconds = number(args, ++i);
                case "--compression" -> compression = true;
                default -> names.add(args[i]);
            }
        }
        boolean all = names.isEmpty();
        boolean idle = names.remove(IDLE) || all;
        List<Workload> workloads =
                all ? Workload.ALL : names.stream().map(Options::workload).toList();
        return new Options(rounds, seconds(warmUp), seconds(seconds), workloads, idle, compression);
    }

    private static Duration seconds(double seconds) {
        return Duration.ofMillis((long) (seconds * 1000));
    }

    private static double number(String[] args, int at) {
        if (at == args.length) {
            throw new IllegalArgumentException(args[at - 1] + ": expected a number");
        }
        return Double.parseDouble(args[at]);
    }

    private static Workload workload(String name) {
        if (name.matches("\\d+(,\\d+){4}")) {
            String[] sizes = name.split(",", -1);
            return Workload.custom(
                    Integer.parseInt(sizes[0]),
                    Integer.parseInt(sizes[1]),
                    Integer.parseInt(sizes[2]),
                    Integer.parseInt(sizes[3]),
                    Integer.parseInt(sizes[4]));
        }
        return Workload.ALL.stream()
                .filter(workload -> workload.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(name + ": unknown"));
    }
}
