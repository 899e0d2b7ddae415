package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Ledger;
import dev.broadcaster.testing.Ledger.Outcome;
import dev.broadcaster.testing.Ledger.Published;
import dev.broadcaster.testing.Ledger.Received;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.SelfSigned;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Hostile clients of all kinds at once against a node with a small heap, beside honest clients whose messages are
 * checked. {@link StormIT} runs it for some seconds, {@code .ci/storm} for any time. Prints latencies, memory and
 * refusals.
 */
final class Storm {
    private static final String USED = "broadcaster_budget_used_bytes";
    private static final String LIMIT = "broadcaster_budget_limit_bytes";
    private static final List<String> REFUSALS =
            List.of("broadcaster_refusals_total", "broadcaster_budget_refusals_total", "broadcaster_closes_total");

    private static final String USAGE = """
            Options: --seconds 600 --quiet 20 (before the storm) --heap 256m --attackers 30 (of each kind) --clients 500
            --rate 10 (publishes per second of the honest publishers) --seed N --tls true --haproxy /usr/sbin/haproxy""";

    /**
     * The size of a storm.
     *
     * @param attackers the number of hostile clients of each kind
     * @param clients the number of honest subscribers
     * @param perSecond the publishes per second of the honest publishers
     * @param quietMillis the time before the storm, for comparison
     * @param heap the value of {@code -Xmx} of the node
     * @param tls true if all clients use TLS
     * @param haproxy the executable of the HAProxy in front of the node; null for none
     */
    record Plan(
            int attackers,
            int clients,
            int perSecond,
            long quietMillis,
            long millis,
            String heap,
            long seed,
            boolean tls,
            @Nullable Path haproxy) {
        static Plan parse(String... args) {
            Map<String, String> options = new HashMap<>();
            for (Iterator<String> i = List.of(args).iterator(); i.hasNext(); ) {
                String name = i.next();
                if (!name.startsWith("--") || !i.hasNext()) {
                    throw new IllegalArgumentException(name);
                }
                options.put(name.substring(2), i.next());
            }
            String haproxy = options.remove("haproxy");
            Plan plan = new Plan(
                    (int) number(options, "attackers", 30),
                    (int) number(options, "clients", 500),
                    (int) number(options, "rate", 10),
                    number(options, "quiet", 20) * 1_000,
                    number(options, "seconds", 600) * 1_000,
                    options.containsKey("heap") ? options.remove("heap") : "256m",
                    number(options, "seed", System.nanoTime()),
                    Boolean.parseBoolean(options.remove("tls")),
                    haproxy == null ? null : Path.of(haproxy));
            if (!options.isEmpty()) {
                throw new IllegalArgumentException(options.toString());
            }
            return plan;
        }

        private static long number(Map<String, String> options, String name, long ifNone) {
            String value = options.remove(name);
            return value == null ? ifNone : Long.parseLong(value);
        }
    }

    private final Plan plan;
    private final Map<String, Double> most = new TreeMap<>(); // bytes of accounts, of the heap, and of the process

    private Storm(Plan plan) {
        this.plan = plan;
    }

    /** Exits with 0 if the node lived, nothing was lost and no account was exceeded, else with 1. */
    public static void main(String[] args) {
        Plan plan;
        try {
            plan = Plan.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println("wrong option: " + e.getMessage() + '\n' + USAGE);
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
    static void run(Plan plan) throws IOException, GeneralSecurityException, InterruptedException {
        new Storm(plan).run();
    }

    private void run() throws IOException, GeneralSecurityException, InterruptedException {
        System.out.println("storm: " + plan + ", java " + Runtime.version());
        Path directory = Files.createTempDirectory("storm");
        Map<String, String> settings = new HashMap<>(Map.of(
                "HISTORY", "large:=100/10m,many:=100/10m",
                "MAX_PUBLISH_RATE", "0", // honest publishers and attackers have one key
                "MAX_NEW_CHANNEL_RATE", "0"));
        SelfSigned certificate = plan.tls ? SelfSigned.make(directory) : null;
        if (certificate != null) {
            settings.put("TLS_CERT", certificate.certificate().toString());
            settings.put("TLS_KEY", certificate.key().toString());
        }
        try (NodeProcess node = NodeProcess.start(settings, "-Xmx" + plan.heap);
                HaProxy proxy = plan.haproxy == null ? null : HaProxy.start(plan.haproxy, node.port(), directory)) {
            SSLSocketFactory tls =
                    certificate == null ? null : certificate.trusting().getSocketFactory();
            run(node, new OneNode(node, proxy == null ? node.port() : proxy.port(), tls));
        }
    }

    private void run(NodeProcess node, TrafficTarget target) {
        Traffic.Plan honest = new Traffic.Plan(2, plan.clients, 2, plan.perSecond, plan.seed);
        try (Traffic traffic = Traffic.start(target, honest)) {
            long started = System.nanoTime();
            traffic.flow(plan.quietMillis);
            long begun = System.nanoTime();
            String attacks = attack(node, target, traffic);
            long ended = System.nanoTime();
            System.out.println("storm: attacking connections " + attacks);
            System.out.println("storm: most bytes " + most);
            print(
                    traffic.ledger(),
                    started + plan.quietMillis * 500_000,
                    begun,
                    "in the second half of the quiet time");
            print(traffic.ledger(), begun, ended, "in the storm");
            assertThat(node.isAlive()).as(node::log).isTrue();

            traffic.healed();
            traffic.finish("storm of " + plan.attackers + " attackers of each kind", Holes.NONE);
            System.out.println("storm: refusals and closes " + refusals(node));
            System.out.println("storm: heap after a collection " + node.heapAfterCollection());
            assertThat(traffic.endings()).as("honest connections that ended").isEmpty();
            assertWithinLimits(node);
            await("what connections held is given back")
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(accounts(node, USED)).allSatisfy((account, bytes) -> {
                        if (!account.equals("history")) {
                            assertThat(bytes).as(account).isZero();
                        }
                    }));
        }
    }

    /** Returns the number of connections of each kind. */
    private String attack(NodeProcess node, TrafficTarget target, Traffic traffic) {
        long end = System.nanoTime() + plan.millis * 1_000_000;
        try (Attackers attackers = Attackers.start(target, plan.attackers, plan.seed)) {
            while (System.nanoTime() < end && node.isAlive()) {
                traffic.flow(1_000);
                try {
                    accounts(node, USED).forEach((account, bytes) -> most.merge(account, bytes, Math::max));
                    most.merge("(heap)", node.metric("jvm_memory_used_bytes", "area=\"heap\""), Math::max);
                    most.merge("(resident)", residentBytes(node.pid()), Math::max);
                } catch (UncheckedIOException e) {
                    System.out.println("storm: no metrics: " + e.getMessage());
                }
            }
            return attackers.toString();
        }
    }

    private void assertWithinLimits(NodeProcess node) {
        Map<String, Double> limits = accounts(node, LIMIT);
        System.out.println("storm: limits " + limits);
        limits.forEach((account, limit) ->
                assertThat(most.getOrDefault(account, 0.0)).as(account).isLessThanOrEqualTo(limit));
    }

    private static double residentBytes(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> 1024 * Double.parseDouble(line.replaceAll("\\D", "")))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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

    /** The series that are not 0, without their common prefix. */
    private static List<String> refusals(NodeProcess node) {
        return node.managementGet("/metrics")
                .body()
                .lines()
                .filter(line -> REFUSALS.stream().anyMatch(line::startsWith) && !line.endsWith(" 0.0"))
                .map(line -> line.replace("broadcaster_", ""))
                .toList();
    }

    /** Prints the latencies of the accepted publishes that were sent in an interval. */
    private static void print(Ledger ledger, long from, long to, String when) {
        Map<String, Published> accepted = ledger.published().stream()
                .filter(publish -> publish.outcome() == Outcome.ACCEPTED)
                .filter(publish -> publish.sent() > from && publish.sent() < to)
                .collect(Collectors.toMap(Published::id, publish -> publish));
        DoubleStream publishes =
                accepted.values().stream().mapToDouble(publish -> (publish.answered() - publish.sent()) / 1e6);
        DoubleStream deliveries = ledger.subscriptions().stream()
                .flatMap(subscription ->
                        subscription.frames().stream().filter(frame -> accepted.containsKey(frame.id())))
                .mapToDouble((Received frame) ->
                        (frame.at() - accepted.get(frame.id()).sent()) / 1e6);
        System.out.println(
                "storm: ms " + when + ": publish " + percentiles(publishes) + ", delivery " + percentiles(deliveries));
    }

    private static String percentiles(DoubleStream values) {
        double[] millis = values.sorted().toArray();
        return millis.length == 0
                ? "none"
                : String.format(
                        Locale.ROOT,
                        "p50 %.1f p99 %.1f max %.1f (%d)",
                        millis[millis.length / 2],
                        millis[millis.length * 99 / 100],
                        millis[millis.length - 1],
                        millis.length);
    }

    private record OneNode(
            NodeProcess node, int port, @Nullable SSLSocketFactory tls) implements TrafficTarget {
        @Override
        public int size() {
            return 1;
        }

        @Override
        public int port(int number) {
            return port;
        }

        @Override
        public int portInService(int preferred) {
            return port;
        }

        @Override
        public Socket over(Socket connected) throws IOException {
            return tls == null ? connected : tls.createSocket(connected, "127.0.0.1", port, true);
        }

        @Override
        public String log() {
            return node.log();
        }
    }
}
