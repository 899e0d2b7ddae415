package dev.broadcaster.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The account of histories and idempotency keys equals the growth of the heap, in a separate JVM. */
final class KeptMemoryIT {
    private static final Pattern LINE = Pattern.compile("(\\S+) limit=(\\d+) used=(\\d+) heap=(-?\\d+) dropped=(\\d+)");
    private static final int CASES = 11;
    /** The tolerance besides a twentieth of the account: objects of the relay itself, and the noise of a collection. */
    private static final long NOISE = 400_000;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-Xmx64m -XX:+UseSerialGC",
                "-Xmx256m -XX:+UseSerialGC",
                "-Xmx614m -XX:+UseSerialGC",
                "-Xmx256m -XX:+UseG1GC",
                "-Xmx614m -XX:+UseG1GC",
                "-Xmx256m -XX:+UseSerialGC -XX:-UseCompressedOops"
            })
    void heap_growsByNoMoreThanTheAccountSays_whenItIsFull(String options) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options.split(" ")));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), KeptMemory.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        System.out.println(options + "\n" + output);

        List<Matcher> lines =
                output.lines().map(LINE::matcher).filter(Matcher::matches).toList();
        assertThat(lines).as(output).hasSize(CASES);
        for (Matcher line : lines) {
            long limit = Long.parseLong(line.group(2));
            long used = Long.parseLong(line.group(3));
            long heap = Long.parseLong(line.group(4));
            assertThat(used).as(line.group()).isBetween(limit / 2, limit);
            assertThat(heap).as(line.group()).isBetween(used * 3 / 10, used + used / 20 + NOISE);
            assertThat(Long.parseLong(line.group(5))).as(line.group()).isPositive();
        }
    }
}
