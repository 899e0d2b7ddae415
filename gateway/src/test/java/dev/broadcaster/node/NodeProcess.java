package dev.broadcaster.node;

import dev.broadcaster.auth.TokenMinter;
import dev.broadcaster.time.Time;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The packaged node as a process of its own, on free ports of the loopback; so that signals and limits are real. */
public final class NodeProcess implements AutoCloseable {
    public static final String API_KEY = "key-of-the-integration-tests";
    public static final String SECRET = "a-secret-of-the-integration-tests-only";
    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin");
    private static final Path JAR = Path.of("target", "broadcaster.jar").toAbsolutePath();
    private static final Pattern PORTS = Pattern.compile("listens on \\S*?:(\\d+)/.*management on \\S*?:(\\d+)");
    private static final int START_SECONDS = 60;

    private final Process process;
    private final Queue<String> log = new ConcurrentLinkedQueue<>();
    private final CompletableFuture<Matcher> started = new CompletableFuture<>();
    private final Thread logReader = new Thread(this::readLog, "log of the node");
    private final int port;
    private final int managementPort;

    private NodeProcess(Process process) {
        this.process = process;
        logReader.setDaemon(true);
        logReader.start();
        Matcher ports;
        try {
            ports = started.get(START_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            process.destroyForcibly();
            throw new IllegalStateException("the node did not start:\n" + log(), e);
        }
        this.port = Integer.parseInt(ports.group(1));
        this.managementPort = Integer.parseInt(ports.group(2));
    }

    /** Starts a node and waits until it listens. */
    public static NodeProcess start(Map<String, String> settings, String... jvmOptions) {
        return new NodeProcess(spawn(command(jvmOptions), settings));
    }

    /** As {@link #start}, with the classes of the tests in reach and another class to begin with. */
    public static NodeProcess startMain(Class<?> main, Map<String, String> settings, String... jvmOptions) {
        Path tests = Path.of("target", "test-classes").toAbsolutePath();
        List<String> command = new ArrayList<>();
        command.add(JAVA.resolve("java").toString());
        command.add("-ea");
        command.addAll(List.of(jvmOptions));
        command.addAll(List.of("-cp", JAR + File.pathSeparator + tests, main.getName()));
        return new NodeProcess(spawn(command, settings));
    }

    /** As {@link #start}, with no more than so many file descriptors. */
    static NodeProcess startWithDescriptors(int limit, Map<String, String> settings, String... jvmOptions) {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -n " + limit + "; exec \"$@\"", "sh"));
        command.addAll(command(jvmOptions));
        return new NodeProcess(spawn(command, settings));
    }

    private static List<String> command(String... jvmOptions) {
        List<String> command = new ArrayList<>();
        command.add(JAVA.resolve("java").toString());
        command.add("-ea");
        command.addAll(List.of(jvmOptions));
        command.addAll(List.of("-jar", JAR.toString(), "serve"));
        return command;
    }

    private static Process spawn(List<String> command, Map<String, String> settings) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.put("HOST", "127.0.0.1");
        environment.put("PORT", "0");
        environment.put("MANAGEMENT_PORT", "0");
        environment.put("JWT_SECRET", SECRET);
        environment.put("API_KEYS", API_KEY);
        environment.putAll(settings);
        try {
            return ChildProcess.spawn(builder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void readLog() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                log.add(line);
                Matcher ports = PORTS.matcher(line);
                if (ports.find()) {
                    started.complete(ports);
                }
            }
        } catch (IOException e) {
            log.add("(the log ends: " + e.getMessage() + ")");
        }
        started.completeExceptionally(new IOException("the node has ended"));
    }

    public int port() {
        return port;
    }

    public int managementPort() {
        return managementPort;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** What the node has said so far. */
    public String log() {
        return String.join("\n", log);
    }

    /** A token for every channel and both scopes. */
    public static String token() {
        return new TokenMinter(SECRET, Time.SYSTEM)
                .mint("tester", List.of("*"), List.of("subscribe", "publish"), Duration.ofHours(1));
    }

    /** Sends a real signal to this process only. */
    public void signal(String name) {
        ChildProcess.signal(process, name);
    }

    /** The processor time that the process has used. */
    public Duration cpuTime() {
        return process.toHandle().info().totalCpuDuration().orElseThrow();
    }

    /** Waits for the end of the process; its exit code. */
    public int awaitExit(Duration limit) throws TimeoutException, InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new TimeoutException("the node is alive after " + limit + ":\n" + log());
        }
        logReader.join(5_000);
        return process.exitValue();
    }

    /** The sum of a metric over the series that have this label, e.g. {@code code="4409"}; 0 if there is none. */
    public double metric(String name, String label) {
        double sum = 0;
        for (String line : get(managementPort, "/metrics").body().lines().toList()) {
            int nameEnd = Math.max(line.indexOf('{'), 0);
            int end = nameEnd > 0 ? nameEnd : line.indexOf(' ');
            if (end > 0 && line.substring(0, end).equals(name) && line.contains(label)) {
                sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
            }
        }
        return sum;
    }

    public double metric(String name) {
        return metric(name, "");
    }

    /** The bytes of the heap that are in use after a full collection. */
    public long heapAfterCollection() {
        try {
            Process jcmd = new ProcessBuilder(JAVA.resolve("jcmd").toString(), Long.toString(process.pid()), "GC.run")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            jcmd.waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return (long) metric("jvm_memory_used_bytes", "area=\"heap\"");
    }

    /** How many file descriptors the process has open; Linux only. */
    public long descriptors() {
        try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
            return files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public record Answer(int status, String body) {}

    /** What a path of the public listener answers. */
    public Answer get(String path) {
        return get(port, path);
    }

    /** What a path of the management listener answers. */
    public Answer managementGet(String path) {
        return get(managementPort, path);
    }

    private static Answer get(int port, String path) {
        return exchange(port, path, null);
    }

    /** Publishes over REST. */
    public Answer publish(String channel, String event, String payload) {
        return exchange(
                port,
                "/broadcaster/publish",
                "{\"channel\":\"" + channel + "\",\"event\":\"" + event + "\",\"payload\":" + payload + "}");
    }

    private static Answer exchange(int port, String path, String body) {
        try {
            URL url = URI.create("http://127.0.0.1:" + port + path).toURL();
            HttpURLConnection connection = (HttpURLConnection) url.openConnection();
            connection.setConnectTimeout(10_000);
            connection.setReadTimeout(20_000);
            if (body != null) {
                connection.setDoOutput(true);
                connection.setRequestProperty("Authorization", "Bearer " + API_KEY);
                connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
            }
            int status = connection.getResponseCode();
            try (var in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
                return new Answer(status, in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        ChildProcess.kill(process);
    }
}
