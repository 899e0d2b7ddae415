package dev.broadcaster.cli;

import dev.broadcaster.DurationText;
import dev.broadcaster.Setting;
import dev.broadcaster.auth.TokenMinter;
import dev.broadcaster.message.ChannelName;
import dev.broadcaster.time.Time;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code broadcaster token}: makes a token, as an application server would. */
@Command(
        name = "token",
        description = "Makes a signed token and prints it. It is signed with the first secret of JWT_SECRET"
                + " or JWT_SECRET_FILE. 'broadcaster\u00a0token\u00a0explain' says what a node makes of a token.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit codes: 0 printed, 2 wrong usage.",
            "",
            "Examples:",
            "  JWT_SECRET=... broadcaster token --sub alice --channels chat:lobby,news",
            "  broadcaster token --dev --sub alice --channels 'chat:*' --scope subscribe,publish --ttl 10m"
        })
final class TokenCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Option(names = "--sub", paramLabel = "<user>", description = "The user of the token.")
    private String subject = "";

    @Option(
            names = "--channels",
            split = ",",
            paramLabel = "<channel>",
            description = "The authorized channels; 'chat:*' for all below chat:, '*' for all.")
    private List<String> channels = List.of();

    @Option(
            names = "--scope",
            split = ",",
            defaultValue = "subscribe",
            paramLabel = "<scope>",
            description = "The allowed methods: subscribe, publish. Without this option: subscribe.")
    private List<String> scopes = List.of();

    @Option(
            names = "--ttl",
            defaultValue = "1h",
            paramLabel = "<duration>",
            converter = DurationConverter.class,
            description = "Its lifetime, such as 90s, 10m or 8h. Without this option: 1h.")
    private Duration lifetime = Duration.ZERO;

    @Option(names = "--dev", description = "Sign for a node that was started with 'serve\u00a0--dev'.")
    private boolean dev;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs the command.
    private CommandSpec spec;

    private TokenCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    static CommandLine commandLine(Terminal terminal) {
        return new CommandLine(new TokenCommand(terminal)).addSubcommand(new TokenExplainCommand(terminal));
    }

    @Override
    public Integer call() {
        // Not by picocli, which would require them before 'explain' too.
        requireOption("--sub");
        requireOption("--channels");
        if (!List.of("subscribe", "publish").containsAll(scopes)) {
            throw wrong("--scope: " + String.join(",", scopes) + " (expected: subscribe, publish or both)");
        }
        if (subject.isBlank() || channels.stream().anyMatch(String::isBlank)) {
            throw wrong("--sub and --channels: must not be empty");
        }
        channels.stream().filter(entry -> !opensSomething(entry)).findFirst().ifPresent(entry -> {
            throw wrong("--channels: " + entry + " opens no channel (expected: a name such as chat:lobby, 'chat:*' for"
                    + " all below chat:, or '*')");
        });
        if (lifetime.toSeconds() < 1) {
            throw wrong("--ttl: " + lifetime.toMillis() + "ms (expected: at least 1s)");
        }
        if (lifetime.compareTo(TokenMinter.LONGEST) > 0) {
            throw wrong(
                    "--ttl: " + lifetime.toHours() + "h (expected: at most " + TokenMinter.LONGEST.toHours() + "h)");
        }
        String token;
        try {
            token = new TokenMinter(secret(), audience(), Time.SYSTEM).mint(subject, channels, scopes, lifetime);
        } catch (IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage())); // for example too many channels for one token
        }
        terminal.out().println(token);
        return ExitCode.OK;
    }

    /** True if a channel exists that this entry of a token covers (PROTOCOL section 5). */
    private static boolean opensSomething(String entry) {
        // Of "chat:*" the shortest channel.
        String channel = entry.endsWith(":*") ? entry.substring(0, entry.length() - 1) + "a" : entry;
        return entry.equals("*") || ChannelName.isValid(channel);
    }

    /** The first audience of the environment, or the default. */
    private String audience() {
        return terminal.setting(Setting.JWT_AUDIENCE).split("[|,]", -1)[0].strip();
    }

    /** From the environment only, because every user of a machine can see the arguments. */
    private String secret() {
        List<String> secrets = terminal.secrets(Setting.JWT_SECRET, Setting.JWT_SECRET_FILE);
        if (!secrets.isEmpty()) {
            return secrets.get(0);
        }
        if (dev) {
            return DevMode.SECRET;
        }
        throw wrong("JWT_SECRET: not set (expected: the secret of the node in the environment, or --dev)");
    }

    private void requireOption(String name) {
        if (!spec.commandLine().getParseResult().hasMatchedOption(name)) {
            throw wrong("missing required option " + name);
        }
    }

    private ParameterException wrong(String problem) {
        return new ParameterException(spec.commandLine(), problem);
    }

    /** Reads {@code 10m}. */
    static final class DurationConverter implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String value) {
            return DurationText.parse(value)
                    .orElseThrow(() -> new TypeConversionException(
                            value + " (expected: a time with its unit, such as 90s, 10m or 8h)"));
        }
    }
}
