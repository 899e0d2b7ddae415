package dev.broadcaster.cli;

import dev.broadcaster.GatewayConfig;
import dev.broadcaster.InvalidConfigException;
import dev.broadcaster.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/**
 * The options of a command that reads the settings of a node: {@code --dev}, and a flag for each {@link Setting}. A
 * mixin: each such command understands the same set-ups, and refuses them with the same words.
 */
final class SettingFlags {
    @Option(
            names = "--dev",
            description = "A development node on this machine: needs no setting, has fixed public secrets,"
                    + " serves the console page, listens on 127.0.0.1 only.")
    private boolean dev;

    /** A command that has a mixin of this class, with the options that no annotation can name. */
    static CommandLine commandLine(Object command) {
        CommandLine commandLine = new CommandLine(command).setUnmatchedArgumentsAllowed(true);
        CommandSpec spec = commandLine.getCommandSpec();
        for (Setting.Group group : Setting.Group.values()) {
            ArgGroupSpec.Builder options =
                    ArgGroupSpec.builder().heading("%n" + group.title() + ":%n").validate(false);
            for (Setting setting : Setting.values()) {
                if (setting.group() == group) {
                    options.addArg(option(setting));
                }
            }
            spec.addArgGroup(options.build());
        }
        return commandLine;
    }

    private static OptionSpec option(Setting setting) {
        String fallback = setting.defaultValue().isEmpty() ? "" : " = " + setting.defaultValue();
        return OptionSpec.builder(setting.flag())
                .type(String.class)
                .paramLabel("<" + setting.unit() + ">")
                .description(setting.description().replace("%", "%%"), setting + fallback) // picocli formats it
                .build();
    }

    /** True for a development node. */
    boolean isDev() {
        return dev;
    }

    /**
     * The configuration of a node that is started with these options.
     *
     * @param spec of the command
     * @throws InvalidConfigException with all problems of the options and the settings
     */
    GatewayConfig read(CommandSpec spec, Terminal terminal) throws InvalidConfigException {
        Map<String, String> settings = settings(spec, terminal);
        List<String> problems = unknownArguments(spec.commandLine().getUnmatchedArguments());
        if (dev) {
            problems.addAll(DevMode.problems(settings));
            settings = DevMode.complete(settings);
        } else {
            problems.addAll(DevMode.problemsOfOthers(settings));
        }
        problems.addAll(misspelt(settings));
        try {
            GatewayConfig config = dev ? DevMode.parse(settings) : GatewayConfig.parse(settings);
            if (problems.isEmpty()) {
                return config;
            }
        } catch (InvalidConfigException e) {
            problems.addAll(e.problems());
        }
        throw new InvalidConfigException(problems);
    }

    /** The environment without the service links of Kubernetes, overridden by the flags. */
    private static Map<String, String> settings(CommandSpec spec, Terminal terminal) {
        Map<String, String> settings = terminal.settings();
        for (Setting setting : Setting.values()) {
            String flag = spec.findOption(setting.flag()).getValue();
            if (flag != null) {
                settings.put(setting.name(), flag);
            }
        }
        return settings;
    }

    /** The problems of arguments that are no options. A value is not shown: that of a misspelt flag may be a secret. */
    private static List<String> unknownArguments(List<String> unknown) {
        List<String> problems = new ArrayList<>();
        boolean mayBeValue = false;
        for (String argument : unknown) {
            boolean isFlag = argument.startsWith("-");
            if (isFlag || !mayBeValue) {
                String name = isFlag ? argument.replaceFirst("(?s)=.*", "") : argument;
                String hint = Spelling.similarFlag(name)
                        .map(flag -> "did you mean " + flag + "?")
                        .orElse("see --help");
                problems.add(name + ": unknown (" + hint + ")");
            }
            mayBeValue = isFlag && argument.indexOf('=') < 0;
        }
        return problems;
    }

    /**
     * Environment variables that look like a misspelt setting. Other unknown names are ignored, because an environment
     * has many of them.
     */
    private static List<String> misspelt(Map<String, String> settings) {
        Set<String> known = Stream.of(Setting.values()).map(Setting::name).collect(Collectors.toSet());
        List<String> problems = new ArrayList<>();
        settings.keySet().stream()
                .filter(name -> !known.contains(name))
                .sorted()
                .forEach(name -> Spelling.similarSetting(name)
                        .filter(setting -> isUnset(settings, setting.name()) && isUnset(settings, setting + "_FILE"))
                        .ifPresent(setting -> problems.add(name + ": unknown (did you mean " + setting + "?)")));
        return problems;
    }

    private static boolean isUnset(Map<String, String> settings, String name) {
        return settings.getOrDefault(name, "").isBlank();
    }
}
