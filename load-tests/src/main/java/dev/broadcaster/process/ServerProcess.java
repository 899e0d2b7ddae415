package dev.broadcaster.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server in a separate process, which prints its address on its standard output or error. Ends with this JVM at the
 * latest. For one thread.
 */
public final class ServerProcess implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    private final Process process;
    private final Thread killer;
    private final int port;
    private final Duration startTime;

    private ServerProcess(List<String> command, Map<String, String> environment, Path log, IntSupplier listensOn) {
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
        this.port = awaitPort(log, listensOn);
        this.startTime = Duration.ofNanos(System.nanoTime() - started);
    }

    /**
     * Starts it and waits until it listens.
     *
     * @param environment added to this process's own
     * @param log gets its output
     * @param listening finds the line with its port, which is group 1
     * @throws IllegalStateException if it ends, or does not listen within a minute
     */
    public static ServerProcess start(
            List<String> command, Map<String, String> environment, Path log, Pattern listening) {
        return new ServerProcess(command, environment, log, () -> {
            Matcher matcher = listening.matcher(read(log));
            return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
        });
    }

    /** Like {@link #start}, for a server that prints nothing and accepts connections on {@code port}. */
    public static ServerProcess startOn(int port, List<String> command, Path log) {
        return new ServerProcess(command, Map.of(), log, () -> {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return socket.getPort();
            } catch (IOException e) {
                return 0; // not yet
            }
        });
    }

    /** The {@code java} that runs this program. */
    public static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private int awaitPort(Path log, IntSupplier listensOn) {
        long end = System.nanoTime() + START_LIMIT.toNanos();
        while (process.isAlive() && System.nanoTime() < end) {
            int found = listensOn.getAsInt();
            if (found != 0) {
                return found;
            }
            sleep();
        }
        process.destroyForcibly();
        throw new IllegalStateException("The server does not listen; its output:\n" + read(log));
    }

    private static String read(Path log) {
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

    /** The time from its start to its line. */
    public Duration startTime() {
        return startTime;
    }

    /** Ends it; blocks until it has ended. */
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
