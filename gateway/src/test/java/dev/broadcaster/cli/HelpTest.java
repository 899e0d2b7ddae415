package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.Setting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HelpTest {
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
    @ValueSource(strings = {"serve", "token", "publish", "subscribe", "health"})
    void helpOfACommand_hasExitCodesAndExamples(String command) {
        Run run = Run.broadcaster(command, "--help");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("Usage: broadcaster " + command, "Exit codes:", "Examples:");
        assertThat(Run.broadcaster("help", command).out()).isEqualTo(run.out());
    }

    @ParameterizedTest
    @EnumSource(Setting.class)
    void helpOfServe_listsTheSetting_withItsVariableAndDefault(Setting setting) {
        String help = Run.broadcaster("serve", "--help").out();

        assertThat(help).as("picocli would take % for a format").doesNotContain("%");
        assertThat(help).contains(setting.flag() + "=<" + setting.unit() + ">");
        String variable = setting.defaultValue().isEmpty() ? setting.name() : setting + " = " + setting.defaultValue();
        assertThat(help.lines().map(String::strip)).contains(variable);
    }

    @Test
    void unknownCommand_isWrongUse_andGetsAHint() {
        Run run = Run.broadcaster("serv");

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("serve");
    }
}
