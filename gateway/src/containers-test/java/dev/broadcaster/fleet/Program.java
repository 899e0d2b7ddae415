package dev.broadcaster.fleet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.concurrent.TimeUnit;

/** Runs a program of the machine, such as {@code docker}, in the root of the repository. */
final class Program {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private Program() {}

    /** Its output, including errors; fails unless it ends with 0 in time. */
    static String run(Duration limit, Map<String, String> environment, List<String> command) {
        try {
            Path output = Files.createTempFile("program", ".txt");
            try {
                ProcessBuilder builder = new ProcessBuilder(command)
                        .directory(ROOT.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile());
                builder.environment().putAll(environment);
                Process process = builder.start();
                boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
                process.destroyForcibly();
                String text = Files.readString(output);
                if (!ended || process.exitValue() != 0) {
                    throw new AssertionError((ended ? "exit: " + process.exitValue() : "still running after " + limit)
                            + " (expected: exit 0) of " + String.join(" ", command) + "\n" + text);
                }
                return text.strip();
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static String docker(String... words) {
        return run(Duration.ofMinutes(2), Map.of(), concat("docker", words));
    }

    static List<String> concat(String first, String... rest) {
        return Stream.concat(Stream.of(first), Stream.of(rest))
                .toList();
    }
}
