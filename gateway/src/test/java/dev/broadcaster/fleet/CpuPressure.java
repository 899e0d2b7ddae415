package dev.broadcaster.fleet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A stopwatch that knows for how long somebody on this machine waited for a processor (Linux's pressure stall information).
 * A promise about time is a promise of a node that gets one.
 */
final class CpuPressure {
    private static final Path FILE = Path.of("/proc/pressure/cpu");
    private static final Pattern SOME = Pattern.compile("some .*total=(\\d+)");

    private final long fromNanos = System.nanoTime();
    private final long fromMicros = stalledMicros();

    /** The seconds that have gone by. */
    double seconds() {
        return (System.nanoTime() - fromNanos) / 1e9;
    }

    /** The same, less half of those in which somebody waited; where the kernel does not say, nothing is taken off. */
    double fairSeconds() {
        double seconds = seconds();
        return fair(seconds, (stalledMicros() - fromMicros) / 1e6);
    }

    static double fair(double seconds, double stalledSeconds) {
        return seconds - Math.max(0, Math.min(seconds, stalledSeconds)) / 2;
    }

    /** What {@code text}, the file's, says of all time since the start of the machine; 0 if nothing. */
    static long stalledMicros(String text) {
        Matcher some = SOME.matcher(text);
        return some.find() ? Long.parseLong(some.group(1)) : 0;
    }

    private static long stalledMicros() {
        try {
            return stalledMicros(Files.readString(FILE));
        } catch (IOException e) {
            return 0; // another system, or a kernel without it
        }
    }
}
