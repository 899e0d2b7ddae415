package dev.broadcaster.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** A node that serves, started from the packaged jar on free ports of the loopback; see {@link JarProcess}. */
public final class NodeProcess implements AutoCloseable {
    public static final String API_KEY = "key-of-the-integration-tests";

    private final JarProcess process;
    private final int port;
    private final int managementPort;

    private NodeProcess(JarProcess process) {
        this.process = process;
        JarProcess.Start start = process.awaitStart();
        this.port = start.port();
        this.managementPort = start.managementPort();
    }

    /** Starts a node and waits until it listens. */
    public static NodeProcess start(Map<String, String> settings, String... jvmOptions) {
        return new NodeProcess(JarProcess.run(List.of(jvmOptions), complete(settings), "serve"));
    }

    /** Like {@link #start}, with the classes of the tests and another main class. */
    public static NodeProcess startMain(Class<?> main, Map<String, String> settings, String... jvmOptions) {
        return new NodeProcess(JarProcess.runMain(main, List.of(jvmOptions), complete(settings)));
    }

    /** Like {@link #start}, with at most {@code limit} file descriptors. */
    public static NodeProcess startWithDescriptors(int limit, Map<String, String> settings, String... jvmOptions) {
        return new NodeProcess(JarProcess.runWithDescriptors(limit, List.of(jvmOptions), complete(settings), "serve"));
    }

    private static Map<String, String> complete(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(Map.of(
                "HOST", "127.0.0.1",
                "PORT", "0",
                "MANAGEMENT_PORT", "0",
                "JWT_SECRET", Tokens.SECRET,
                "API_KEYS", API_KEY));
        all.putAll(settings);
        return all;
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

    /** The output of the node so far. */
    public String log() {
        return process.log();
    }

    /** Sends a real signal to this process only. */
    public void signal(String name) {
        process.signal(name);
    }

    /** The CPU time of the process. */
    public Duration cpuTime() {
        return process.cpuTime();
    }

    /** Waits for the end of the process; returns its exit code. */
    public int awaitExit(Duration limit) throws TimeoutException, InterruptedException {
        return process.awaitExit(limit);
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

    /** The bytes of the reachable objects, counted during a full collection: what the node does meanwhile has no effect. */
    public long heapAfterCollection() {
        try {
            Process jcmd = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "jcmd")
                                    .toString(),
                            Long.toString(process.pid()),
                            "GC.class_histogram")
                    .redirectErrorStream(true)
                    .start();
            String histogram = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            String total = histogram
                    .lines()
                    .filter(line -> line.startsWith("Total"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(histogram));
            return Long.parseLong(total.substring(total.lastIndexOf(' ') + 1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The number of open file descriptors of the process; Linux only. */
    public long descriptors() {
        try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
            return files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public record Answer(int status, String body) {}

    /** The response of a path of the public listener. */
    public Answer get(String path) {
        return get(port, path);
    }

    /** The response of a path of the management listener. */
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

    /** Sends a body to a path of the public listener, with the API key. */
    public Answer post(String path, String body) {
        return exchange(port, path, body);
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
        process.close();
    }
}
