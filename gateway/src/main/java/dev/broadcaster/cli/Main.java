package dev.broadcaster.cli;

import java.io.PrintWriter;
import java.net.ConnectException;
import java.nio.charset.Charset;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
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
        Charset charset = Charset.defaultCharset();
        Terminal terminal = new Terminal(
                System.getenv(),
                System.in,
                new PrintWriter(System.out, true, charset),
                new PrintWriter(System.err, true, charset));
        Thread.setDefaultUncaughtExceptionHandler(new DeadThread());
        System.exit(commandLine(terminal).execute(args));
    }

    static CommandLine commandLine(Terminal terminal) {
        CommandLine commandLine = new CommandLine(new Main())
                .addSubcommand(ServeCommand.commandLine(terminal))
                .addSubcommand(TokenCommand.commandLine(terminal))
                .addSubcommand(new PublishCommand(terminal))
                .addSubcommand(new SubscribeCommand(terminal))
                .addSubcommand(new HealthCommand(terminal))
                .addSubcommand(new HelpCommand());
        return commandLine
                .setOut(terminal.out())
                .setErr(terminal.err())
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((failure, args) -> complain(failure))
                .setExecutionExceptionHandler((failure, command, parsed) -> fail(failure, command));
    }

    /** Without a command it shows the commands. */
    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCode.USAGE;
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
