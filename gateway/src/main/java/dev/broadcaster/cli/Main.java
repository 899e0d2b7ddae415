package dev.broadcaster.cli;

import dev.broadcaster.Setting;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;

/** The program {@code broadcaster}: passes its arguments to a command and ends with the exit code of the command. */
@Command(
        name = "broadcaster",
        description = "A self-hosted real-time messaging gateway whose seq shows every loss.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "Try it on this machine, without any setting:",
            "  broadcaster serve --dev",
            "",
            "See 'broadcaster help COMMAND' for the options of a command."
        })
public final class Main implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs the command.
    private CommandSpec spec;

    Main() {}

    public static void main(String[] args) {
        ProcessText text = ProcessText.read(args, System.getenv(), variables());
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        if (!text.problems().isEmpty()) {
            text.problems().forEach(problem -> err.println("broadcaster: " + problem));
            System.exit(ExitCode.USAGE);
        }
        Terminal terminal = new Terminal(
                text.environment(), System.in, new PrintWriter(System.out, true, StandardCharsets.UTF_8), err);
        Thread.setDefaultUncaughtExceptionHandler(new DeadThread());
        System.exit(commandLine(terminal).execute(text.arguments().toArray(String[]::new)));
    }

    /** The environment variables that commands read. */
    private static Set<String> variables() {
        return Stream.concat(Stream.of(Setting.values()).map(Setting::name), Stream.of(SubscribeCommand.TOKEN_VARIABLE))
                .collect(Collectors.toUnmodifiableSet());
    }

    static CommandLine commandLine(Terminal terminal) {
        CommandLine commandLine = new CommandLine(new Main())
                .addSubcommand(ServeCommand.commandLine(terminal))
                .addSubcommand(TokenCommand.commandLine(terminal))
                .addSubcommand(new PublishCommand(terminal))
                .addSubcommand(new SubscribeCommand(terminal))
                .addSubcommand(new HistoryCommand(terminal))
                .addSubcommand(new UserCommand(terminal))
                .addSubcommand(new ChannelsCommand(terminal))
                .addSubcommand(new DisconnectCommand(terminal))
                .addSubcommand(new UnsubscribeCommand(terminal))
                .addSubcommand(new HealthCommand(terminal))
                .addSubcommand(new CompletionCommand(terminal))
                .addSubcommand(CheckCommand.commandLine(terminal))
                .addSubcommand(new HelpCommand());
        HelpText.install(commandLine);
        return commandLine
                .setOut(terminal.out())
                .setErr(terminal.err())
                .setUsageHelpAutoWidth(true)
                .setExecutionStrategy(parsed -> execute(parsed, terminal))
                .setParameterExceptionHandler((failure, args) -> complain(failure))
                .setExecutionExceptionHandler((failure, command, parsed) -> fail(failure, command));
    }

    /** Without a command it shows the commands. */
    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCode.USAGE;
    }

    /** Runs the command. It has failed if its output cannot be written, on a full disk or to a closed pipe. */
    private static int execute(ParseResult parsed, Terminal terminal) {
        int exitCode = new RunLast().execute(parsed);
        ParseResult last = parsed;
        while (last.subcommand() != null) {
            last = last.subcommand();
        }
        CommandSpec command = last.commandSpec();
        boolean isNode = command.userObject() instanceof ServeCommand && !last.isUsageHelpRequested();
        if (isNode || exitCode != ExitCode.OK || !terminal.out().checkError()) {
            return exitCode; // a node serves without its log too
        }
        terminal.err().println(command.qualifiedName() + ": cannot write the output");
        return command.userObject() instanceof PublishCommand ? ExitCode.OUTCOME_UNKNOWN : ExitCode.FAILED;
    }

    private static int complain(ParameterException failure) {
        CommandLine command = failure.getCommandLine();
        PrintWriter err = command.getErr();
        err.println(command.getCommandSpec().qualifiedName() + ": " + failure.getMessage());
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(failure, err)) {
            err.println("See '" + command.getCommandSpec().qualifiedName() + " --help'.");
        }
        return ExitCode.USAGE;
    }

    private static int fail(Exception failure, CommandLine command) {
        command.getErr().println(command.getCommandSpec().qualifiedName() + ": " + reason(failure));
        return ExitCode.FAILED;
    }

    /** A failure as text: the first message in its chain of causes, or the exception itself if there is none. */
    static String reason(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException && cause.getMessage() == null) {
                return "no server listens there";
            }
            Throwable inner = cause.getCause();
            String message = cause.getMessage();
            // A wrapper has the text of its cause, after the name of its class.
            if (message != null && (inner == null || !inner.toString().equals(message))) {
                return message;
            }
        }
        return failure.getClass().getSimpleName();
    }

    /** The version in the jar's manifest. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"broadcaster " + current()};
        }

        static String current() {
            String version = Main.class.getPackage().getImplementationVersion();
            return version == null ? "development" : version;
        }
    }
}
