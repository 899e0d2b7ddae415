package dev.broadcaster.bench;

import dev.broadcaster.process.ProcStat;
import dev.broadcaster.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The cost of a connection that is made, authenticated, subscribed, and then idle. Computed from the step between two
 * numbers of connections, so that the process itself and its warm-up do not count.
 *
 * @param residentBytes of memory
 * @param connectMicros of CPU, once
 * @param startMillis from the start of the process until it listens
 */
record IdleCost(double residentBytes, double connectMicros, double startMillis) {
    private static final int FEW = 2_000;
    private static final int MANY = 9_000;
    private static final Duration SETTLE = Duration.ofSeconds(1);

    /** Measures on a new server. */
    static IdleCost measure(Contender contender) throws IOException {
        Workload workload = Workload.custom(MANY, MANY / 5, 1, 1, 150);
        try (ServerProcess server = contender.start();
                Load load = new Load(workload, server, contender.compression())) {
            load.connect(FEW);
            long residentBefore = resident(server, contender);
            long cpuBefore = ProcStat.cpuMicros(server.pid());
            load.connect(MANY);
            double connections = MANY - FEW;
            double cpu = (ProcStat.cpuMicros(server.pid()) - cpuBefore) / connections;
            double memory = (resident(server, contender) - residentBefore) / connections;
            return new IdleCost(memory, cpu, server.startTime().toNanos() / 1e6);
        }
    }

    private static long resident(ServerProcess server, Contender contender) throws IOException {
        pause();
        if (contender.isJvm()) {
            collectGarbage(server);
            pause();
        }
        return ProcStat.residentBytes(server.pid());
    }

    private static void collectGarbage(ServerProcess server) throws IOException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Process process = new ProcessBuilder(List.of(jcmd, Long.toString(server.pid()), "GC.run"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException(jcmd + " failed (a JDK is needed, not a JRE)");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(SETTLE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
