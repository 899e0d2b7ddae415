package dev.broadcaster.testing;

import dev.broadcaster.Setting;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The packaged jar in a separate process, with any command, so that signals, limits and exit codes are real. The
 * process gets only the settings of the test, runs with assertions, and ends with the tests at the latest. Safe from
 * any thread. For a node that serves, see {@link NodeProcess}.
 */
public final class JarProcess implements AutoCloseable {
    public static final Path JAR = Path.of("target", "broadcaster.jar").toAbsolutePath();

    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
    private static final Pattern START = Pattern.compile("listens on \\S*?:(\\d+)(/\\S*), management on \\S*?:(\\d+)");
    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    private final Process process;
    private final List<String> out = new CopyOnWriteArrayList<>();
    private final List<String> err = new CopyOnWriteArrayList<>();
    private final List<String> log = new CopyOnWriteArrayList<>(); // both
    private final CompletableFuture<Start> started = new CompletableFuture<>();
    private final List<Thread> readers;

    /**
     * The contents of the first line of a node.
     *
     * @param url of the base path
     */
    public record Start(String url, int port, int managementPort) {}

    private JarProcess(Process process) {
        this.process = process;
        this.readers = List.of(read(process.getInputStream(), out), read(process.getErrorStream(), err));
    }

    /** Runs {@code java -jar broadcaster.jar} with these settings. */
    public static JarProcess run(Map<String, String> settings, String... args) {
        return run(List.of(), settings, args);
    }

    /** Like {@link #run(Map, String...)}, with options for the JVM. */
    public static JarProcess run(List<String> jvmOptions, Map<String, String> settings, String... args) {
        return run(JAR, jvmOptions, settings, args);
    }

    /** Like {@link #run(List, Map, String...)}, with another jar. */
    public static JarProcess run(Path jar, List<String> jvmOptions, Map<String, String> settings, String... args) {
        return run(java(jvmOptions, List.of("-jar", jar.toString()), args), settings);
    }

    /** Like {@link #run(List, Map, String...)}, with at most {@code limit} file descriptors. */
    public static JarProcess runWithDescriptors(
            int limit, List<String> jvmOptions, Map<String, String> settings, String... args) {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -n " + limit + "; exec \"$@\"", "sh"));
        command.addAll(java(jvmOptions, List.of("-jar", JAR.toString()), args));
        return run(command, settings);
    }

    /** Runs another main class, with the classes of the jar and of the tests. */
    public static JarProcess runMain(Class<?> main, List<String> jvmOptions, Map<String, String> settings) {
        String classPath =
                JAR + File.pathSeparator + Path.of("target", "test-classes").toAbsolutePath();
        return run(java(jvmOptions, List.of("-cp", classPath, main.getName())), settings);
    }

    private static List<String> java(List<String> jvmOptions, List<String> what, String... args) {
        List<String> command = new ArrayList<>(List.of(JAVA.toString(), "-ea"));
        command.addAll(jvmOptions);
        command.addAll(what);
        command.addAll(List.of(args));
        return command;
    }

    private static JarProcess run(List<String> command, Map<String, String> settings) {
        if (!Files.exists(JAR)) {
            throw new IllegalStateException("no " + JAR + "; mvn package makes it");
        }
        ProcessBuilder builder = new ProcessBuilder(command);
        for (Setting setting : Setting.values()) {
            builder.environment().remove(setting.name());
        }
        builder.environment().putAll(settings);
        try {
            return new JarProcess(ChildProcess.spawn(builder));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the node listens. */
    public Start awaitStart() {
        try {
            return started.get(START_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            close();
            throw new IllegalStateException("the node did not start:\n" + log(), e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The lines of standard output so far. */
    public List<String> out() {
        return List.copyOf(out);
    }

    /** The lines of standard error so far. */
    public List<String> err() {
        return List.copyOf(err);
    }

    /** Both outputs so far. */
    public String log() {
        return String.join("\n", log);
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** The CPU time of the process. */
    public Duration cpuTime() {
        return process.toHandle().info().totalCpuDuration().orElseThrow();
    }

    /** Sends a signal, for example {@code TERM}, to this process only. */
    public void signal(String name) {
        ChildProcess.signal(process, name);
    }

    /** Waits for the end of the process and of its output; returns the exit code. */
    public int awaitExit(Duration limit) throws TimeoutException, InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new TimeoutException("the process is alive after " + limit + ":\n" + log());
        }
        for (Thread reader : readers) {
            reader.join(5_000);
        }
        return process.exitValue();
    }

    private Thread read(InputStream stream, List<String> lines) {
        Thread thread = new Thread(
                () -> {
                    try (BufferedReader reader =
                            new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                        reader.lines().forEach(line -> onLine(line, lines));
                    } catch (IOException | UncheckedIOException e) {
                        log.add("(the output ends: " + e.getMessage() + ")");
                    }
                    if (lines == out) {
                        started.completeExceptionally(new IOException("the output has ended"));
                    }
                },
                "output of the node");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void onLine(String line, List<String> lines) {
        lines.add(line);
        log.add(line);
        Matcher start = START.matcher(line);
        if (start.find()) {
            int port = Integer.parseInt(start.group(1));
            String url = "http://127.0.0.1:" + port + start.group(2);
            started.complete(new Start(url, port, Integer.parseInt(start.group(3))));
        }
    }

    /** Kills the process. */
    @Override
    public void close() {
        ChildProcess.kill(process);
    }
}
