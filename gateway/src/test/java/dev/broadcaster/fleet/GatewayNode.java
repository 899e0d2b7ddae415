package dev.broadcaster.fleet;

import dev.broadcaster.testing.NodeProcess;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * A place in the fleet: the node that runs there now, a child process of the built jar. Its port changes with every
 * start, so read it again after each. One thread starts and ends it; the rest is safe from any thread.
 */
final class GatewayNode implements AutoCloseable {
    private static final Duration END_LIMIT = Duration.ofSeconds(30);

    private final int number;
    private final Supplier<NodeProcess> starter;
    private volatile NodeProcess process;
    private volatile boolean inService = true;

    GatewayNode(int number, Map<String, String> settings) {
        this(number, () -> NodeProcess.start(settings, jvmOptions(SharedClasses.option())));
    }

    /** A node whose wall clock is wrong by {@code clock}, at any time. */
    GatewayNode(int number, Map<String, String> settings, WrongClock clock) {
        this(number, () -> NodeProcess.startMain(WrongClock.class, clock.addTo(settings), jvmOptions()));
    }

    /** Small and quick to start, because the machine runs many of them. */
    static String[] jvmOptions(String... more) {
        List<String> options = new ArrayList<>(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        options.addAll(List.of(more));
        return options.toArray(String[]::new);
    }

    private GatewayNode(int number, Supplier<NodeProcess> starter) {
        this.number = number;
        this.starter = starter;
        this.process = starter.get();
    }

    int number() {
        return number;
    }

    NodeProcess process() {
        return process;
    }

    int port() {
        return process.port();
    }

    /** True if a load balancer would send clients there. */
    boolean isInService() {
        return inService && process.isAlive();
    }

    /** Status and body of {@code /ready} on the management port, which has the reason; status 0 without an answer. */
    NodeProcess.Answer ready() {
        try {
            return process.managementGet("/ready");
        } catch (UncheckedIOException e) {
            return new NodeProcess.Answer(0, String.valueOf(e.getMessage()));
        }
    }

    boolean isReady() {
        return ready().status() == 200;
    }

    void kill9() {
        process.close();
    }

    void sigstop() {
        inService = false;
        process.signal("STOP");
    }

    void sigcont() {
        process.signal("CONT");
        inService = true;
    }

    /** Sends SIGTERM, and waits for the end; returns the exit code. */
    int terminate() {
        inService = false;
        process.signal("TERM");
        try {
            return process.awaitExit(END_LIMIT);
        } catch (TimeoutException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Starts a new node in the place of the ended one. */
    void restart() {
        if (process.isAlive()) {
            throw new IllegalStateException("it is alive");
        }
        process = starter.get();
        inService = true;
    }

    @Override
    public String toString() {
        return "node " + number;
    }

    @Override
    public void close() {
        process.close();
    }
}
