package dev.broadcaster.cli;

import dev.broadcaster.Setting;
import dev.broadcaster.auth.SecretFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The surroundings of a command, so that a test can replace them.
 *
 * @param environment the environment variables
 */
record Terminal(Map<String, String> environment, InputStream in, PrintWriter out, PrintWriter err) {
    private static final Pattern SEPARATOR = Pattern.compile("[|,]");

    Terminal {
        environment = Map.copyOf(environment);
    }

    /** The environment without the service links of Kubernetes. */
    Map<String, String> settings() {
        return ServiceLinks.removedFrom(environment);
    }

    /** The value of an environment variable, or the default of the setting. */
    String setting(Setting setting) {
        String value = settings().getOrDefault(setting.name(), "").strip();
        return value.isEmpty() ? setting.defaultValue() : value;
    }

    /** The entries of a variable with secrets, or of the file that another variable names; empty if neither is set. */
    List<String> secrets(Setting setting, Setting fileSetting) {
        return secrets(environment, setting, fileSetting);
    }

    /** Like {@link #secrets(Setting, Setting)}, from any settings; a file that cannot be read has no entries. */
    static List<String> secrets(Map<String, String> settings, Setting setting, Setting fileSetting) {
        String file = settings.getOrDefault(fileSetting.name(), "").strip();
        if (file.isEmpty()) {
            return list(settings, setting.name());
        }
        try {
            return SecretFile.read(Path.of(file));
        } catch (IOException | InvalidPathException e) {
            return List.of();
        }
    }

    private static List<String> list(Map<String, String> settings, String name) {
        return SEPARATOR
                .splitAsStream(settings.getOrDefault(name, ""))
                .map(String::strip)
                .filter(entry -> !entry.isEmpty())
                .toList();
    }
}
