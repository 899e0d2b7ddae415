package dev.broadcaster.fleet;

import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.SelfSigned;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/** The node of a storm, with its proxy if the plan has one, and what can be read of it. Safe from any thread. */
final class StormNode implements TrafficTarget, AutoCloseable {
    private static final List<String> REFUSALS =
            List.of("broadcaster_refusals_total", "broadcaster_budget_refusals_total", "broadcaster_closes_total");

    /** The names of the threads that compile: C1 and C2 CompilerThread. */
    private static final Pattern COMPILER = Pattern.compile("C[12] Compiler.*\\s*");

    final NodeProcess process;
    private final @Nullable HaProxy proxy;
    private final @Nullable SSLSocketFactory tls;

    private StormNode(NodeProcess process, @Nullable HaProxy proxy, @Nullable SSLSocketFactory tls) {
        this.process = process;
        this.proxy = proxy;
        this.tls = tls;
    }

    /** Starts a node, and waits until it listens. */
    static StormNode start(StormPlan plan) throws IOException, GeneralSecurityException, InterruptedException {
        Path directory = Files.createTempDirectory("storm");
        Map<String, String> settings = new HashMap<>(Map.of(
                "HISTORY", "large:=100/10m,many:=100/10m",
                "MAX_PUBLISH_RATE", "0", // honest publishers and attackers have one key
                "MAX_NEW_CHANNEL_RATE", "0"));
        SelfSigned certificate = plan.tls() ? SelfSigned.make(directory) : null;
        if (certificate != null) {
            settings.put("TLS_CERT", certificate.certificate().toString());
            settings.put("TLS_KEY", certificate.key().toString());
        }
        NodeProcess process =
                NodeProcess.start(settings, "-Xmx" + plan.heap(), "-XX:-UseDynamicNumberOfCompilerThreads");
        if (plan.first()) {
            setPriorities(process.pid());
        }
        return new StormNode(
                process,
                plan.haproxy() == null ? null : HaProxy.start(plan.haproxy(), process.port(), directory),
                certificate == null ? null : certificate.trusting().getSocketFactory());
    }

    /**
     * Gives real-time priority to this process and to the node; less to their compilers. These cannot do without it:
     * on a busy machine a collection would wait for them.
     */
    private static void setPriorities(long nodePid) throws IOException, InterruptedException {
        for (long pid : List.of(ProcessHandle.current().pid(), nodePid)) {
            run("chrt", "-a", "-r", "-p", "2", Long.toString(pid));
            try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
                for (Path thread : threads.toList()) {
                    if (COMPILER.matcher(Files.readString(thread.resolve("comm")))
                            .matches()) {
                        run("chrt", "-r", "-p", "1", thread.getFileName().toString());
                    }
                }
            }
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
            throw new IOException(String.join(" ", command));
        }
    }

    boolean usesTls() {
        return tls != null;
    }

    /** The bytes of each account. */
    Map<String, Double> accounts(String metric) {
        return lines().filter(line -> line.startsWith(metric + "{"))
                .collect(Collectors.toMap(
                        line -> line.replaceFirst(".*account=\"([^\"]*)\".*", "$1"), StormNode::valueOf));
    }

    /** The refusals and closes that are not 0, without their common prefix, since {@code before}. */
    Map<String, Double> refusals(Map<String, Double> before) {
        Map<String, Double> since = new TreeMap<>();
        lines().filter(line -> REFUSALS.stream().anyMatch(line::startsWith)).forEach(line -> {
            String name = line.substring(0, line.lastIndexOf(' ')).replace("broadcaster_", "");
            double value = valueOf(line) - before.getOrDefault(name, 0.0);
            if (value > 0) {
                since.put(name, value);
            }
        });
        return since;
    }

    private Stream<String> lines() {
        return process.managementGet("/metrics").body().lines();
    }

    private static double valueOf(String line) {
        return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
    }

    /** The memory of the process. */
    double residentBytes() {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> 1024 * Double.parseDouble(line.replaceAll("\\D", "")))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public int size() {
        return 1;
    }

    @Override
    public int port(int number) {
        return proxy == null ? process.port() : proxy.port();
    }

    @Override
    public int portInService(int preferred) {
        return port(0);
    }

    @Override
    public Socket over(Socket connected) throws IOException {
        return tls == null ? connected : tls.createSocket(connected, "127.0.0.1", process.port(), true);
    }

    @Override
    public String log() {
        return process.log();
    }

    @Override
    public void close() {
        if (proxy != null) {
            proxy.close();
        }
        process.close();
    }
}
