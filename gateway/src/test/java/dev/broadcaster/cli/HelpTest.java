package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.Setting;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;

final class HelpTest {
    private static final String SERVE = Run.broadcaster("serve", "--help").out();

    @Test
    void help_namesEveryCommand() {
        Run run = Run.broadcaster("--help");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("serve", "token", "publish", "subscribe", "health", "serve --dev");
    }

    @Test
    void noCommand_showsTheHelp_andIsWrongUse() {
        Run run = Run.broadcaster();

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("Usage: broadcaster", "serve");
    }

    @Test
    void version_isPrinted() {
        Run run = Run.broadcaster("--version");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).startsWith("broadcaster ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "serve",
                "token",
                "publish",
                "subscribe",
                "history",
                "user",
                "channels",
                "disconnect",
                "unsubscribe",
                "completion",
                "health",
                "check"
            })
    void helpOfACommand_hasExitCodesAndExamples(String command) {
        Run run = Run.broadcaster(command, "--help");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("Usage: broadcaster " + command, "Exit codes:", "Examples:");
        assertThat(run.out()).contains("-h, --help ", "-V, --version ").doesNotContain("${");
        assertThat(Run.broadcaster("help", command).out()).isEqualTo(run.out());
    }

    @Test
    void help_breaksNothingThatOneCopies() {
        CommandLine main = Main.commandLine(new Terminal(
                Map.of(),
                InputStream.nullInputStream(),
                new PrintWriter(Writer.nullWriter()),
                new PrintWriter(Writer.nullWriter())));
        List<CommandLine> commands = new ArrayList<>(List.of(main));
        main.getSubcommands().values().forEach(command -> {
            commands.add(command);
            commands.addAll(command.getSubcommands().values());
        });
        for (CommandLine command : commands) {
            UsageMessageSpec usage = command.getCommandSpec().usageMessage();
            List<String> whole = Stream.concat(
                            command.getCommandSpec().args().stream().flatMap(arg -> Stream.of(arg.description())),
                            Stream.of(usage.description()))
                    .flatMap(text -> Stream.of(text.split(" ", -1)))
                    .map(word -> word.replace('\u00a0', ' ').replace("%n", "")) // of picocli's own
                    .toList();
            for (int width : new int[] {55, 80, 97}) {
                String help = command.setUsageHelpWidth(width)
                        .setUsageHelpAutoWidth(false)
                        .getUsageMessage();

                assertThat(help.lines()).containsAll(List.of(usage.footer()));
                assertThat(help).contains(whole).doesNotContain("\u00a0");
            }
        }
    }

    @Test
    void completion_knowsTheCommandsAndOptions() {
        Run run = Run.broadcaster("completion");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("complete -F", "--idempotency-key", "--max-connections", "history");
    }

    @ParameterizedTest
    @EnumSource(Setting.class)
    void helpOfServe_listsTheSetting_withItsVariableAndDefault(Setting setting) {
        assertThat(SERVE).as("picocli takes % for a format").contains("/ is %2F");
        assertThat(SERVE).contains(setting.flag() + "=<" + setting.unit() + ">");
        String variable = setting.defaultValue().isEmpty() ? setting.name() : setting + " = " + setting.defaultValue();
        assertThat(SERVE.lines().map(String::strip)).contains(variable);
    }

    @Test
    void unknownCommand_isWrongUse_andGetsAHint() {
        Run run = Run.broadcaster("serv");

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("serve");
    }
}
