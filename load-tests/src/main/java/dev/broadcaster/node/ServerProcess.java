package dev.broadcaster.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server in a process of its own, which says on its standard output or error where it listens. Ends with this JVM at
 * the latest. For one thread.
 */
public final class ServerProcess implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    private final Process process;
    private final Thread killer;
    private final Path log;
    private final int port;
    private final Duration startTime;

    private ServerProcess(List<String> command, Map<String, String> environment, Path log, Pattern listening) {
        this.log = log;
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        long started = System.nanoTime();
        try {
            Files.createDirectories(log.toAbsolutePath().getParent());
            this.process = builder.redirectOutput(log.toFile()).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.killer = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(killer);
        this.port = awaitPort(listening);
        this.startTime = Duration.ofNanos(System.nanoTime() - started);
    }

    /**
     * Starts it and waits until it listens.
     *
     * @param environment on top of this process's own
     * @param log gets its output
     * @param listening finds the line that says so; its group 1 is the port
     * @throws IllegalStateException if it ends, or does not listen in a minute
     */
    public static ServerProcess start(
            List<String> command, Map<String, String> environment, Path log, Pattern listening) {
        return new ServerProcess(command, environment, log, listening);
    }

    /** The {@code java} that runs this program. */
    public static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private int awaitPort(Pattern listening) {
        long end = System.nanoTime() + START_LIMIT.toNanos();
        while (process.isAlive() && System.nanoTime() < end) {
            Matcher matcher = listening.matcher(output());
            if (matcher.find()) {
                return Integer.parseInt(matcher.group(1));
            }
            sleep();
        }
        process.destroyForcibly();
        throw new IllegalStateException("The server does not listen; its output:\n" + output());
    }

    private String output() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(2);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public int port() {
        return port;
    }

    public long pid() {
        return process.pid();
    }

    /** From its start until its line was seen. */
    public Duration startTime() {
        return startTime;
    }

    /** Asks it to end, with SIGTERM; does not wait. */
    public void terminate() {
        process.destroy();
    }

    /** Ends it; blocks until it has. */
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("process " + pid() + " does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().removeShutdownHook(killer);
    }
}
