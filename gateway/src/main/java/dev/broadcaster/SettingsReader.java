package dev.broadcaster;

import dev.broadcaster.auth.SecretFile;
import dev.broadcaster.auth.keys.PemFile;
import dev.broadcaster.http.AddressRange;
import dev.broadcaster.http.Origin;
import dev.broadcaster.relay.HistoryConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads settings from a map and collects the problems. A reading that fails adds the problem and returns some value of
 * the type, so that later problems are found too; {@link #throwIfInvalid} ends it.
 */
final class SettingsReader {
    private static final Pattern SEPARATOR = Pattern.compile("[|,]");
    private static final Pattern HOST =
            Pattern.compile("[a-z0-9_.-]+|\\[[0-9a-f:.]+]|[0-9a-f.]*:[0-9a-f]*:[0-9a-f:.]*");

    private final Map<String, String> settings;
    private final List<String> problems = new ArrayList<>();
    private final Set<Setting> wrong = EnumSet.noneOf(Setting.class);

    SettingsReader(Map<String, String> settings) {
        this.settings = settings;
    }

    /** An empty value means the default, because Compose files and shells write "not set" in this way. */
    String text(Setting setting) {
        String value = settings.getOrDefault(setting.name(), "").strip();
        return value.isEmpty() ? setting.defaultValue() : value;
    }

    int number(Setting setting, int min, int max) {
        return (int) number(setting, (long) min, (long) max);
    }

    long number(Setting setting, long min, long max) {
        String value = text(setting);
        try {
            long number = Long.parseLong(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Reported below, with the range.
        }
        wrong(setting, value, "a whole number from " + min + " to " + max);
        return min;
    }

    /** A number from 0 to {@code max}, or {@code auto} for {@code fallback}. */
    int numberOrAuto(Setting setting, int max, int fallback) {
        return text(setting).equalsIgnoreCase("auto") ? fallback : number(setting, 0, max);
    }

    Duration duration(Setting setting, Duration min, Duration max) {
        String value = text(setting);
        Duration duration = DurationText.parse(value).orElse(null);
        if (duration != null && duration.compareTo(min) >= 0 && duration.compareTo(max) <= 0) {
            return duration;
        }
        wrong(
                setting,
                value,
                "a time with its unit, such as 250ms, 10s or 2m, from " + DurationText.show(min) + " to "
                        + DurationText.show(max));
        return min;
    }

    boolean yesOrNo(Setting setting) {
        return choice(setting, Map.of("true", true, "false", false), "true or false");
    }

    <T> T choice(Setting setting, Map<String, T> choices, String expected) {
        String value = text(setting);
        T chosen = choices.get(value.toLowerCase(Locale.ROOT));
        if (chosen != null) {
            return chosen;
        }
        wrong(setting, value, expected);
        return choices.values().iterator().next();
    }

    /** The entries, in order, without blank ones; empty if the setting is not set. */
    List<String> list(Setting setting) {
        return SEPARATOR
                .splitAsStream(text(setting))
                .map(String::strip)
                .filter(entry -> !entry.isEmpty())
                .toList();
    }

    /**
     * The entries of a list that may be in a separate file.
     *
     * @param file of {@code fileSetting}; null if there is none, or it cannot be read
     */
    List<String> secrets(Setting setting, Setting fileSetting, @Nullable Path file) {
        if (!isSet(fileSetting.name())) {
            return list(setting);
        }
        if (isSet(setting.name())) {
            problem(fileSetting + ": set together with " + setting + " (expected: one of them)");
        }
        if (file == null) {
            return List.of();
        }
        try {
            return SecretFile.read(file);
        } catch (IOException e) {
            wrong.add(fileSetting);
            problem(fileSetting + ": " + file + ": " + e.getMessage());
            return List.of();
        }
    }

    /**
     * The PEM blocks of {@code JWT_PUBLIC_KEY_FILE}.
     *
     * @param file null if there is none, or it cannot be read
     */
    List<String> publicKeys(@Nullable Path file) {
        if (file == null) {
            return List.of();
        }
        try {
            return PemFile.read(file);
        } catch (IOException e) {
            wrong.add(Setting.JWT_PUBLIC_KEY_FILE);
            problem(Setting.JWT_PUBLIC_KEY_FILE + ": " + file + ": " + e.getMessage());
            return List.of();
        }
    }

    String host(Setting setting) {
        String value = text(setting);
        if (value.startsWith("[") && value.endsWith("]")) {
            value = value.substring(1, value.length() - 1); // of an IPv6 address
        }
        // A name is resolved when the listener is bound; this refuses only text that cannot be an address.
        if (value.chars().anyMatch(c -> c <= ' ' || c == '/' || c > '~')) {
            wrong(setting, value, "an address such as 0.0.0.0, 127.0.0.1 or ::");
        }
        return value;
    }

    /** Names and addresses in lower case, without ports and brackets; {@code *} alone for any. */
    Set<String> hosts(Setting setting) {
        Set<String> hosts = new LinkedHashSet<>();
        for (String entry : list(setting)) {
            String host = entry.toLowerCase(Locale.ROOT);
            if (!host.equals("*") && !HOST.matcher(host).matches()) {
                wrong(setting, entry, "* or names and addresses such as gateway or 10.0.0.1, without a port");
            }
            hosts.add(host.startsWith("[") ? host.substring(1, host.length() - 1) : host);
        }
        return hosts.contains("*") ? Set.of("*") : Set.copyOf(hosts);
    }

    /** Addresses and ranges of addresses. */
    List<AddressRange> ranges(Setting setting) {
        List<AddressRange> ranges = new ArrayList<>();
        for (String entry : list(setting)) {
            AddressRange range = AddressRange.parse(entry);
            if (range == null) {
                wrong(setting, entry, "addresses and ranges such as 10.0.0.0/8, 192.0.2.1 or 2001:db8::/32");
            } else {
                ranges.add(range);
            }
        }
        return ranges;
    }

    /** Letters, digits and a few other characters, so that it can be a part of a key. */
    String name(Setting setting) {
        String value = text(setting);
        if (!value.matches("[A-Za-z0-9_.:-]{1,64}")) {
            wrong(setting, value, "1 to 64 letters, digits and _ - . :");
        }
        return value;
    }

    /** {@code /} or {@code /a/b}: it starts with a slash and ends without one. */
    String basePath(Setting setting) {
        String value = text(setting);
        String path = value.length() > 2 && value.endsWith("/") ? value.substring(0, value.length() - 1) : value;
        if (!path.equals("/") && !path.matches("(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+")) {
            wrong(setting, value, "a path such as / or /broadcaster, of letters, digits and _ - . ~");
        }
        return path;
    }

    /** {@code *} alone, or {@code loopback} and origins as browsers send them. */
    Set<String> origins(Setting setting) {
        Set<String> origins = new LinkedHashSet<>();
        for (String entry : list(setting)) {
            String name = entry.toLowerCase(Locale.ROOT);
            boolean isName = name.equals("*") || name.equals("loopback") || name.equals("null");
            String origin = isName ? name : Origin.normalized(entry);
            if (origin == null) {
                wrong(
                        setting,
                        entry,
                        "*, loopback, null or origins such as https://example.com or capacitor://localhost, without a"
                                + " path");
            } else {
                origins.add(origin);
            }
        }
        return origins.contains("*") ? Set.of("*") : Set.copyOf(origins);
    }

    /** {@code prefix=size/time} separated by commas, no repeated prefix; {@code *} is the empty prefix. */
    HistoryConfig history(Setting setting) {
        Map<String, HistoryConfig.Rule> rules = new LinkedHashMap<>();
        for (String entry : text(setting).split(",", -1)) {
            String text = entry.strip();
            if (text.isEmpty()) {
                continue;
            }
            HistoryConfig.Rule rule = HistoryText.parse(text);
            if (rule == null || rules.put(rule.prefix(), rule) != null) {
                wrong(setting, text, HistoryText.EXPECTED);
            }
        }
        return rules.isEmpty() ? HistoryConfig.NONE : new HistoryConfig(List.copyOf(rules.values()));
    }

    @Nullable
    Path readableFile(Setting setting) {
        String value = text(setting);
        if (value.isEmpty()) {
            return null;
        }
        try {
            Path file = Path.of(value);
            if (Files.isRegularFile(file) && Files.isReadable(file)) {
                return file;
            }
        } catch (InvalidPathException e) {
            wrong(setting, value, "a name that the locale of this process can express; LC_ALL=C.UTF-8 can express all");
            return null;
        }
        wrong(setting, value, "a file that can be read");
        return null;
    }

    boolean isSet(String name) {
        return !settings.getOrDefault(name, "").isBlank();
    }

    /** True if it could be read. */
    boolean isRight(Setting setting) {
        return !wrong.contains(setting);
    }

    /** True if both could be read: two values are compared only then. */
    boolean areRight(Setting one, Setting other) {
        return isRight(one) && isRight(other);
    }

    void problem(String problem) {
        problems.add(problem);
    }

    void problems(Collection<String> more) {
        problems.addAll(more);
    }

    void throwIfInvalid() throws InvalidConfigException {
        if (!problems.isEmpty()) {
            throw new InvalidConfigException(problems);
        }
    }

    private void wrong(Setting setting, String value, String expected) {
        wrong.add(setting);
        String shown = value.length() > 80 ? value.substring(0, 80) + "…" : value;
        problems.add(setting + ": " + shown + " (expected: " + expected + ")");
    }
}
