package dev.broadcaster.cli;

import dev.broadcaster.Setting;
import java.io.InputStream;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What a command has around it, so that a test can put its own there.
 *
 * @param environment the environment variables
 */
record Terminal(Map<String, String> environment, InputStream in, PrintWriter out, PrintWriter err) {
    private static final Pattern SEPARATOR = Pattern.compile("[|,]");

    Terminal {
        environment = Map.copyOf(environment);
    }

    /** What a variable says, or what the setting is without it. */
    String setting(Setting setting) {
        String value = environment.getOrDefault(setting.name(), "").strip();
        return value.isEmpty() ? setting.defaultValue() : value;
    }

    /** The entries of a variable that holds a list; empty if it is not set. */
    List<String> list(String variable) {
        return list(environment, variable);
    }

    static List<String> list(Map<String, String> settings, String name) {
        return SEPARATOR
                .splitAsStream(settings.getOrDefault(name, ""))
                .map(String::strip)
                .filter(entry -> !entry.isEmpty())
                .toList();
    }
}
