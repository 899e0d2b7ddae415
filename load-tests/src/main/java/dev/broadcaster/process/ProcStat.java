package dev.broadcaster.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The data of Linux about a process (proc(5)). */
public final class ProcStat {
    /** USER_HZ, which is 100 for user space on every Linux that a JVM runs on. */
    private static final long TICKS_A_SECOND = 100;

    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s*(\\d+) kB");

    private ProcStat() {}

    /** The CPU time of all of its threads, in user and in kernel mode, to 10 ms. */
    public static long cpuMicros(long pid) {
        String stat = read(Path.of("/proc/" + pid + "/stat"));
        // The name, in parentheses, may contain any character; field 3 follows it.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        long ticks = Long.parseLong(fields[14 - 3]) + Long.parseLong(fields[15 - 3]);
        return ticks * (1_000_000 / TICKS_A_SECOND);
    }

    /** The resident bytes. */
    public static long residentBytes(long pid) {
        Matcher resident = RESIDENT.matcher(read(Path.of("/proc/" + pid + "/status")));
        if (resident.find()) {
            return Long.parseLong(resident.group(1)) * 1024;
        }
        throw new IllegalStateException("process " + pid + " has no VmRSS");
    }

    private static String read(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
