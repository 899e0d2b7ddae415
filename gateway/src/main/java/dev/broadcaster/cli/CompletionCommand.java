package dev.broadcaster.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code broadcaster completion}: prints a script with which a shell completes commands and options. */
@Command(
        name = "completion",
        description =
                "Prints a script with which bash or zsh completes the commands and options of 'broadcaster', which"
                        + " may be an alias.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "Exit codes: 0 printed, 2 wrong usage.",
            "",
            "Examples:",
            "  alias broadcaster='java -jar /opt/broadcaster.jar'",
            "  source <(broadcaster completion)"
        })
final class CompletionCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs the command.
    private CommandSpec spec;

    CompletionCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        terminal.out().print(AutoComplete.bash("broadcaster", spec.root().commandLine()));
        terminal.out().flush();
        return ExitCode.OK;
    }
}
