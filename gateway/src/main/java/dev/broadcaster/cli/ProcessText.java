package dev.broadcaster.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The arguments and the environment of this process as UTF-8, whatever the locale. The JVM decodes them by the locale
 * before {@code main} runs: with {@code LC_ALL=C}, as in many containers and services, each byte of a letter such as ü is
 * lost. Linux has the bytes in {@code /proc}; on other systems what the JVM has decoded is used.
 *
 * @param arguments those of {@code main}
 * @param environment by name
 * @param problems the arguments and variables that are not UTF-8, for an error message; empty if there are none
 */
record ProcessText(List<String> arguments, Map<String, String> environment, List<String> problems) {
    private static final Path ARGUMENTS = Path.of("/proc/self/cmdline");
    private static final Path ENVIRONMENT = Path.of("/proc/self/environ");
    private static final char UNKNOWN = '\ufffd';

    ProcessText {
        arguments = List.copyOf(arguments);
        environment = Map.copyOf(environment);
        problems = List.copyOf(problems);
    }

    /** Those of this process. */
    static ProcessText read(String[] decodedArguments, Map<String, String> decodedEnvironment, Set<String> used) {
        boolean utf8 = Charset.defaultCharset().equals(StandardCharsets.UTF_8)
                && "UTF-8".equalsIgnoreCase(System.getProperty("sun.jnu.encoding"));
        return of(
                decodedArguments,
                utf8 && Arrays.stream(decodedArguments).noneMatch(ProcessText::isDamaged) ? null : bytes(ARGUMENTS),
                decodedEnvironment,
                utf8 && used.stream().noneMatch(name -> isDamaged(decodedEnvironment.getOrDefault(name, "")))
                        ? null
                        : bytes(ENVIRONMENT),
                used);
    }

    /**
     * Those of a process with these bytes.
     *
     * @param rawArguments the whole command line, each argument followed by NUL; null if what the JVM has decoded is right
     * @param rawEnvironment {@code NAME=value}, each followed by NUL; null likewise
     * @param used the names of the variables that the program reads; others stay as the JVM has decoded them
     */
    static ProcessText of(
            String[] decodedArguments,
            byte @Nullable [] rawArguments,
            Map<String, String> decodedEnvironment,
            byte @Nullable [] rawEnvironment,
            Set<String> used) {
        List<String> problems = new ArrayList<>();
        List<String> arguments = arguments(decodedArguments, rawArguments, problems);
        Map<String, String> environment = environment(decodedEnvironment, rawEnvironment, used, problems);
        return new ProcessText(arguments, environment, problems);
    }

    private static List<String> arguments(String[] decoded, byte @Nullable [] raw, List<String> problems) {
        List<byte[]> all = raw == null ? List.of() : split(raw);
        int first = all.size() - decoded.length; // the arguments of the JVM come before
        List<String> arguments = new ArrayList<>();
        for (int i = 0; i < decoded.length; i++) {
            String exact = first >= 0 ? utf8(all.get(first + i)) : isDamaged(decoded[i]) ? null : decoded[i];
            if (exact == null) {
                problems.add("argument " + (i + 1) + ": not UTF-8");
            }
            arguments.add(exact == null ? decoded[i] : exact);
        }
        return arguments;
    }

    private static Map<String, String> environment(
            Map<String, String> decoded, byte @Nullable [] raw, Set<String> used, List<String> problems) {
        Map<String, String> environment = new HashMap<>(decoded);
        Set<String> damaged = new TreeSet<>();
        if (raw == null) {
            used.stream()
                    .filter(name -> isDamaged(decoded.getOrDefault(name, "")))
                    .forEach(damaged::add);
        }
        for (byte[] variable : raw == null ? List.<byte[]>of() : split(raw)) {
            String bytes = new String(variable, StandardCharsets.ISO_8859_1); // one character per byte
            String name = bytes.substring(0, Math.max(0, bytes.indexOf('=')));
            String value =
                    utf8(Arrays.copyOfRange(variable, Math.min(variable.length, name.length() + 1), variable.length));
            if (used.contains(name) && value == null) {
                damaged.add(name);
            } else if (used.contains(name)) {
                environment.put(name, value);
            }
        }
        damaged.forEach(name -> problems.add(name + ": not UTF-8"));
        return environment;
    }

    private static boolean isDamaged(String text) {
        return text.indexOf(UNKNOWN) >= 0;
    }

    private static @Nullable String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** The parts, each of which ends with NUL. */
    private static List<byte[]> split(byte[] bytes) {
        List<byte[]> parts = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                parts.add(Arrays.copyOfRange(bytes, start, i));
                start = i + 1;
            }
        }
        return parts;
    }

    /** The kernel bounds both files: a process cannot be started with more than 6 MB of arguments and environment. */
    private static byte @Nullable [] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException | SecurityException e) {
            return null; // not Linux, or /proc is hidden
        }
    }
}
