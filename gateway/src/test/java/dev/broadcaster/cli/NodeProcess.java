package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.Setting;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The runnable jar in a process of its own. Closing kills it. */
final class NodeProcess implements AutoCloseable {
    static final Path JAR = Path.of("target", "broadcaster.jar").toAbsolutePath();
    private static final Pattern START = Pattern.compile("listens on .*?:(\\d+)(/\\S*), management on .*?:(\\d+)");

    final List<String> out = new CopyOnWriteArrayList<>();
    final List<String> err = new CopyOnWriteArrayList<>();
    private final Process process;
    private final List<Thread> readers;

    private NodeProcess(Process process) {
        this.process = process;
        this.readers = List.of(read(process.getInputStream(), out), read(process.getErrorStream(), err));
    }

    /** Runs {@code java -ea -jar broadcaster.jar} with those settings and no others. */
    static NodeProcess run(Map<String, String> settings, String... args) throws IOException {
        return run(List.of(), settings, args);
    }

    /** As {@link #run(Map, String...)}, with options for the JVM. */
    static NodeProcess run(List<String> jvmOptions, Map<String, String> settings, String... args) throws IOException {
        return run(JAR, jvmOptions, settings, args);
    }

    /** As {@link #run(List, Map, String...)}, with another jar. */
    static NodeProcess run(Path jar, List<String> jvmOptions, Map<String, String> settings, String... args)
            throws IOException {
        assertThat(Files.exists(jar)).as("%s, which package makes", jar).isTrue();
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-ea");
        command.addAll(jvmOptions);
        command.addAll(List.of("-jar", jar.toString()));
        command.addAll(Arrays.asList(args));
        ProcessBuilder builder = new ProcessBuilder(command);
        for (Setting setting : Setting.values()) {
            builder.environment().remove(setting.name());
        }
        builder.environment().putAll(settings);
        return new NodeProcess(builder.start());
    }

    /** Waits for the line that tells the start, and returns the address of the base path. */
    String awaitStart() {
        return "http://127.0.0.1:" + start().group(1) + start().group(2);
    }

    int managementPort() {
        return Integer.parseInt(start().group(3));
    }

    private Matcher start() {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> !process.isAlive()
                        || out.stream().anyMatch(line -> START.matcher(line).find()));
        return out.stream()
                .map(START::matcher)
                .filter(Matcher::find)
                .findFirst()
                .orElseThrow(() -> new AssertionError("did not start: " + out + err));
    }

    void sigterm() {
        // Of the handle: that of the process closes our end of its output too.
        process.toHandle().destroy();
    }

    void sigint() throws Exception {
        assertThat(new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    /** Waits for the end, and for all of its output. */
    int exitCode(Duration atMost) throws InterruptedException {
        assertThat(process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS))
                .as("ended within %s; said: %s %s", atMost, out, err)
                .isTrue();
        for (Thread reader : readers) {
            reader.join();
        }
        return process.exitValue();
    }

    private static Thread read(InputStream stream, List<String> lines) {
        Thread thread = new Thread(
                () -> {
                    try (BufferedReader reader =
                            new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                        reader.lines().forEach(lines::add);
                    } catch (IOException | UncheckedIOException e) {
                        lines.add("[output cut: " + e.getMessage() + "]");
                    }
                },
                "node-output");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }
}
