package dev.broadcaster.bench;

import dev.broadcaster.process.Node;
import dev.broadcaster.process.ProcStat;
import dev.broadcaster.process.ServerProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Starts nodes one after the other, each with the same number of subscribers, all joined by the Redis at
 * {@code REDIS_URL}. After each start it publishes at a fixed rate, checks that all subscribers received all messages, and
 * prints a line: the memory and CPU of each node. A program; ends with 1 if a message was missing.
 *
 * <pre>REDIS_URL=redis://127.0.0.1:6379 java -cp load-tests/target/load-tests.jar dev.broadcaster.bench.FleetSizing \
 *     NODES CONNECTIONS CHANNELS RATE WARM_UP_SECONDS SECONDS [JVM_FLAG...]</pre>
 *
 * {@code CONNECTIONS}: of each node, a multiple of {@code CHANNELS}. {@code RATE}: messages per second, in all.
 */
public final class FleetSizing implements AutoCloseable {
    private static final Path LOGS = Path.of(System.getProperty("java.io.tmpdir"), "broadcaster-bench");
    private static final Pattern TOTAL = Pattern.compile("(?m)^Total +\\d+ +(\\d+)");
    private static final Pattern CPU = Pattern.compile("used_cpu_(?:sys|user):([0-9.]+)");
    private static final Duration DRAIN = Duration.ofSeconds(2);

    private final int connections;
    private final int channels;
    private final double rate;
    private final Duration warmUp;
    private final Duration window;
    private final List<String> jvmFlags;
    private final URI redis;
    private final List<Member> members = new ArrayList<>();

    private FleetSizing(String[] args, URI redis) {
        this.connections = Integer.parseInt(args[1]);
        this.channels = Integer.parseInt(args[2]);
        this.rate = Double.parseDouble(args[3]);
        this.warmUp = Duration.ofSeconds(Integer.parseInt(args[4]));
        this.window = Duration.ofSeconds(Integer.parseInt(args[5]));
        this.jvmFlags = List.of(args).subList(6, args.length);
        this.redis = redis;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        String redis = System.getenv("REDIS_URL");
        if (args.length < 6 || redis == null) {
            System.err.println(
                    "usage: REDIS_URL=... FleetSizing NODES CONNECTIONS CHANNELS RATE WARM_UP_SECONDS SECONDS [JVM_FLAG...]");
            System.exit(2);
            return;
        }
        boolean complete = true;
        try (FleetSizing sizing = new FleetSizing(args, URI.create(redis))) {
            printHead();
            for (int i = 0; i < Integer.parseInt(args[0]); i++) {
                sizing.addNode();
                complete &= sizing.measure();
            }
        }
        System.exit(complete ? 0 : 1);
    }

    private static void printHead() {
        System.out.println(
                "| nodes | connections | deliveries/s | missing | reachable objects per node, MB | resident per node, MB"
                        + " | CPU per node, ms/s | CPU of Redis, ms/s |");
        System.out.println("|---|---|---|---|---|---|---|---|");
    }

    private void addNode() throws IOException {
        int number = members.size();
        ServerProcess node = Node.start(jvmFlags, Map.of(), LOGS.resolve("node" + number + ".log"));
        List<String> command = List.of(
                ServerProcess.java(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                FleetSubscribers.class.getName(),
                Integer.toString(node.port()),
                Integer.toString(connections),
                Integer.toString(channels));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Member member = new Member(node, process, process.inputReader(), process.getOutputStream());
        members.add(member);
        member.expectLine();
    }

    /** A node with its subscribers. */
    private record Member(ServerProcess node, Process process, BufferedReader answers, OutputStream questions) {
        String expectLine() throws IOException {
            String line = answers.readLine();
            if (line == null) {
                throw new IOException("the subscribers of port " + node.port() + " have ended");
            }
            return line;
        }

        /** Deliveries and faults so far. */
        long[] counts() throws IOException {
            questions.write('\n');
            questions.flush();
            String[] fields = expectLine().split(" ", -1);
            return new long[] {Long.parseLong(fields[0]), Long.parseLong(fields[1])};
        }
    }

    /** Publishes, and prints a line; false if a message was missing. */
    private boolean measure() throws IOException, InterruptedException {
        publish(warmUp);
        Thread.sleep(DRAIN.toMillis());
        long[] deliveriesBefore = each(member -> member.counts()[0]);
        long[] faultsBefore = each(member -> member.counts()[1]);
        long[] cpuBefore = each(member -> ProcStat.cpuMicros(member.node().pid()));
        double redisBefore = redisCpuSeconds();
        long start = System.nanoTime();
        long published = publish(window);
        double seconds = (System.nanoTime() - start) / 1e9;
        double[] cpu =
                differences(each(member -> ProcStat.cpuMicros(member.node().pid())), cpuBefore, seconds * 1000);
        double redisCpu = (redisCpuSeconds() - redisBefore) * 1000 / seconds;
        Thread.sleep(DRAIN.toMillis());
        double[] deliveries = differences(each(member -> member.counts()[0]), deliveriesBefore, 1);
        double[] faults = differences(each(member -> member.counts()[1]), faultsBefore, 1);

        long expected = published * (connections / channels) * members.size();
        double missing = expected - sum(deliveries) + sum(faults);
        System.out.printf(
                Locale.ROOT,
                "| %d | %,d | %,.0f | %.0f | %s | %s | %s | %.1f |%n",
                members.size(),
                (long) members.size() * connections,
                sum(deliveries) / seconds,
                missing,
                spread(differences(each(member -> reachableBytes(member.node())), new long[members.size()], 1e6)),
                spread(differences(
                        each(member -> ProcStat.residentBytes(member.node().pid())), new long[members.size()], 1e6)),
                spread(cpu),
                redisCpu);
        return missing == 0;
    }

    /** Publishes through the first node; returns the number of accepted messages. */
    private long publish(Duration time) throws IOException {
        Workload workload = Workload.custom(0, channels, 1, rate, 150);
        try (Load load = new Load(workload, members.get(0).node(), false)) {
            load.run(Duration.ZERO, time);
            return load.acknowledged();
        }
    }

    /** A figure of a node. */
    private interface Figure {
        long of(Member member) throws IOException;
    }

    private long[] each(Figure figure) throws IOException {
        long[] figures = new long[members.size()];
        for (int i = 0; i < figures.length; i++) {
            figures[i] = figure.of(members.get(i));
        }
        return figures;
    }

    private static double[] differences(long[] after, long[] before, double unit) {
        double[] differences = new double[after.length];
        for (int i = 0; i < after.length; i++) {
            differences[i] = (after[i] - before[i]) / unit;
        }
        return differences;
    }

    private static double sum(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum;
    }

    private static String spread(double[] values) {
        List<Double> list = new ArrayList<>();
        for (double value : values) {
            list.add(value);
        }
        return Spread.of(list, Double::doubleValue).toString();
    }

    /** The bytes of the objects that a collection of garbage leaves. */
    private static long reachableBytes(ServerProcess node) throws IOException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Process process = new ProcessBuilder(jcmd, Long.toString(node.pid()), "GC.class_histogram").start();
        Matcher total = TOTAL.matcher(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        if (!total.find()) {
            throw new IOException(jcmd + " failed (a JDK is needed, not a JRE)");
        }
        return Long.parseLong(total.group(1));
    }

    /** What the Redis has used so far, without TLS and password. */
    private double redisCpuSeconds() throws IOException {
        try (Socket socket = new Socket(redis.getHost(), redis.getPort() < 0 ? 6379 : redis.getPort())) {
            socket.getOutputStream().write("INFO cpu\r\nQUIT\r\n".getBytes(StandardCharsets.US_ASCII));
            double seconds = 0;
            BufferedReader answer =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            for (@Nullable String line = answer.readLine(); line != null; line = answer.readLine()) {
                Matcher cpu = CPU.matcher(line);
                seconds += cpu.matches() ? Double.parseDouble(cpu.group(1)) : 0;
            }
            return seconds;
        }
    }

    @Override
    public void close() {
        for (Member member : members) {
            member.process().destroyForcibly();
            member.node().close();
        }
    }
}
