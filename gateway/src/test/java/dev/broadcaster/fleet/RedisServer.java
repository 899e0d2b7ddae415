package dev.broadcaster.fleet;

import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.ChildProcess;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import redis.embedded.RedisExecProvider;

/**
 * A real Redis in a separate process, on a free port of the loopback, with its own directory. It takes real signals,
 * and restarts on the same port with the data that its configuration kept. The system property {@code redis.server} (or
 * the variable {@code REDIS_SERVER}) names another executable, for example a Valkey. For one thread; {@link #command}
 * is safe from any thread.
 */
public final class RedisServer implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final int COMMAND_TIMEOUT_MILLIS = 20_000;

    /** Below the ephemeral ports of the kernel, so that no other process takes it while this server is down. */
    private static final int FIRST_PORT = 16_000;

    private static final int PORTS = 16_000;

    private final int port;
    private final String password;
    private final boolean sentinel;
    private final Path directory;
    private final Path configuration;
    private Process process;

    private RedisServer(boolean sentinel, int port, List<String> options) throws IOException {
        this.port = port;
        this.sentinel = sentinel;
        this.password = options.stream()
                .filter(option -> option.startsWith("requirepass "))
                .map(option -> option.substring("requirepass ".length()))
                .findFirst()
                .orElse("");
        this.directory = Files.createTempDirectory("redis-" + port + "-");
        this.configuration = directory.resolve("redis.conf");
        List<String> lines = new ArrayList<>(List.of("port " + port, "bind 127.0.0.1", "dir " + directory));
        if (!sentinel) {
            lines.add("save \"\"");
        }
        lines.addAll(options);
        Files.write(configuration, lines);
        this.process = spawn();
    }

    /**
     * Starts a server with these lines of configuration, for example {@code "appendonly yes"}, and waits until it
     * answers.
     */
    public static RedisServer start(String... options) {
        return start(false, freePort(), List.of(options));
    }

    static RedisServer start(boolean sentinel, int port, List<String> options) {
        RedisServer server = startWithoutWaiting(sentinel, port, options);
        server.awaitAnswer();
        return server;
    }

    static RedisServer startWithoutWaiting(boolean sentinel, int port, List<String> options) {
        try {
            return new RedisServer(sentinel, port, options);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An unused port outside of the ephemeral range. */
    static int freePort() {
        while (true) {
            int candidate = FIRST_PORT + ThreadLocalRandom.current().nextInt(PORTS);
            try (ServerSocket socket = new ServerSocket(candidate, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // taken: another one
            }
        }
    }

    private Process spawn() throws IOException {
        List<String> command = new ArrayList<>(List.of(Executable.path(), configuration.toString()));
        if (sentinel) {
            command.add("--sentinel");
        }
        return ChildProcess.spawn(new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("log").toFile())));
    }

    private void awaitAnswer() {
        await().atMost(START_LIMIT).pollInterval(Duration.ofMillis(10)).until(() -> {
            if (!process.isAlive()) {
                throw new IllegalStateException("Redis has ended:\n" + log());
            }
            return answersPing();
        });
    }

    private boolean answersPing() {
        try (Resp resp = connect(2_000)) {
            return "PONG".equals(resp.command("PING"));
        } catch (IOException e) {
            return false; // not yet, or loading
        }
    }

    public int port() {
        return port;
    }

    /** The {@code REDIS_URL} of the server. */
    public String url() {
        return url(port);
    }

    /** The same through a proxy that listens on {@code throughPort}. */
    public String url(int throughPort) {
        return "redis://" + (password.isEmpty() ? "" : ":" + password + "@") + "127.0.0.1:" + throughPort + "/0";
    }

    /** Sends one command on a separate connection; returns a String, a Long, a List of these, or null. */
    public @Nullable Object command(String... words) {
        try (Resp resp = connect(COMMAND_TIMEOUT_MILLIS)) {
            return resp.command(words);
        } catch (IOException e) {
            throw new UncheckedIOException(String.join(" ", words) + ": " + e.getMessage() + " " + this, e);
        }
    }

    /** A connection that has authenticated. */
    Resp connect(int timeoutMillis) throws IOException {
        Resp resp = new Resp(port, timeoutMillis);
        try {
            if (!password.isEmpty()) {
                resp.command("AUTH", password);
            }
            return resp;
        } catch (IOException e) {
            resp.close();
            throw e;
        }
    }

    /** The value of a field of {@code INFO}. */
    String info(String field) {
        String all = String.valueOf(command("INFO"));
        return all.lines()
                .filter(line -> line.startsWith(field + ":"))
                .map(line -> line.substring(field.length() + 1).strip())
                .findFirst()
                .orElse("");
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Kills it with SIGKILL; returns when it is dead. */
    public void kill9() {
        ChildProcess.kill(process);
    }

    /** Stops it with SIGSTOP: it answers nothing and keeps its sockets. */
    public void sigstop() {
        ChildProcess.signal(process, "STOP");
    }

    public void sigcont() {
        ChildProcess.signal(process, "CONT");
    }

    /** Ends it with SIGTERM; returns when it has ended. */
    public void sigterm() {
        ChildProcess.signal(process, "TERM");
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Starts it again after its end: the same port, configuration and directory. Waits until it answers. */
    public void restart() {
        restartWithoutWaiting();
        awaitAnswer();
    }

    /** Like {@link #restart}, but it may be loading or refuse connections. */
    public void restartWithoutWaiting() {
        if (process.isAlive()) {
            throw new IllegalStateException("it is alive");
        }
        try {
            process = spawn();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path directory() {
        return directory;
    }

    /** Its output so far. */
    public String log() {
        try {
            return Files.readString(directory.resolve("log"), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Override
    public String toString() {
        return "Redis on " + port;
    }

    @Override
    public void close() {
        kill9();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The executable, unpacked once. */
    private static final class Executable {
        private static final String PATH = find();

        private Executable() {}

        static String path() {
            return PATH;
        }

        private static String find() {
            String named = System.getProperty("redis.server", System.getenv("REDIS_SERVER"));
            if (named != null && !named.isBlank()) {
                return named;
            }
            try {
                File unpacked = RedisExecProvider.defaultProvider().get();
                unpacked.deleteOnExit();
                return unpacked.getPath();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
