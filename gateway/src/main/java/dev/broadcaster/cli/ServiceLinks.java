package dev.broadcaster.cli;

import dev.broadcaster.Setting;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The environment variables that Kubernetes adds to a container for each Service of its namespace, as Docker did for
 * its links. For a Service {@code management} one of them is {@code MANAGEMENT_PORT=tcp://10.0.0.7:80}. They are not
 * settings, whatever their names are.
 */
final class ServiceLinks {
    private static final Pattern URL = Pattern.compile("(tcp|udp|sctp)://\\S+:[0-9]{1,5}");
    private static final Pattern NAME = Pattern.compile(
            ".+_SERVICE_HOST|.+_SERVICE_PORT(_.+)?|.+_PORT_[0-9]{1,5}_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?");

    private static final Set<String> SETTINGS =
            Stream.of(Setting.values()).map(Setting::name).collect(Collectors.toUnmodifiableSet());

    private ServiceLinks() {}

    /** The environment without them. */
    static Map<String, String> removedFrom(Map<String, String> environment) {
        Map<String, String> others = new HashMap<>(environment);
        others.entrySet().removeIf(variable -> isLink(variable.getKey(), variable.getValue()));
        return others;
    }

    /** The names that a node would otherwise use or take for a misspelt setting, sorted. */
    static List<String> likeSettings(Map<String, String> environment) {
        return environment.entrySet().stream()
                .filter(variable -> isLink(variable.getKey(), variable.getValue()))
                .map(Map.Entry::getKey)
                .filter(name ->
                        SETTINGS.contains(name) || Spelling.similarSetting(name).isPresent())
                .sorted()
                .toList();
    }

    /** The form of the value decides for a name such as {@code MANAGEMENT_PORT}. No setting has one of the other names. */
    private static boolean isLink(String name, String value) {
        return NAME.matcher(name).matches()
                || (name.endsWith("_PORT") && URL.matcher(value.strip()).matches());
    }
}
