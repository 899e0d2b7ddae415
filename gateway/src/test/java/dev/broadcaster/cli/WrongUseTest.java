package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * With a wrong value of any option every command ends with exit code 2, one line about the fault, and no stack trace.
 */
@Timeout(30)
final class WrongUseTest {
    private static final String SECRET = "0123456789abcdef0123456789abcdef";

    static Stream<List<String>> badValues() {
        Stream<List<String>> urls = Stream.of(
                        "",
                        " ",
                        "x",
                        "http://",
                        "http:///a",
                        "ftp://a",
                        "http://a b",
                        "http://a:0",
                        "http://a:65536",
                        "http://a:99999999999",
                        "http://a:-1",
                        "http://a:x",
                        "http://a?b",
                        "http://a#b",
                        "http://user:password@a",
                        "http://[::1",
                        "http://\u00e9")
                .flatMap(url -> Stream.of(
                        List.of("publish", "--key", "k", "--url", url, "a", "e", "1"),
                        List.of("subscribe", "--token", "t", "--url", url, "a"),
                        List.of("health", "--url", url)));
        Stream<List<String>> ttls = Stream.of(
                        "900000h",
                        "876001h",
                        "999999999h",
                        "9999999999s",
                        "0s",
                        "0h",
                        "1ms",
                        "999ms",
                        "-1h",
                        "1",
                        "1d",
                        "",
                        "1.5h")
                .map(ttl -> List.of("token", "--sub", "a", "--channels", "b", "--ttl", ttl));
        Stream<List<String>> tokens = Stream.of(
                List.of("token", "--sub", "", "--channels", "b"),
                List.of("token", "--sub", " ", "--channels", "b"),
                List.of("token", "--sub", "a", "--channels", ""),
                List.of("token", "--sub", "a", "--channels", "b,,c"),
                List.of("token", "--sub", "a", "--channels", "c".repeat(100_000)),
                List.of("token", "--sub", "s".repeat(100_000), "--channels", "b"),
                List.of("token", "--sub", "a", "--channels", "b", "--scope", ""),
                List.of("token", "--sub", "a", "--channels", "b", "c"));
        Stream<List<String>> histories = Stream.of(
                List.of("history", "--key", "k"),
                List.of("history", "--key", "a b", "a"),
                List.of("history", "--key", "k", "--count", "-1", "a"),
                List.of("history", "--key", "k", "--url", "x", "a"),
                List.of("history", "--key", "k", "--delete", "--after", "id", "a"),
                List.of("history", "a"),
                List.of("user", "--key", "k"),
                List.of("disconnect", "--key", "k"),
                List.of("unsubscribe", "--key", "k", "a"),
                List.of("disconnect", "a"),
                List.of("channels", "--key", "k", "--prefix", "a", "b"),
                List.of("channels", "--key", "k", "a", "b"),
                List.of("completion", "x"));
        Stream<List<String>> keys = Stream.of("", " ", "a\nb", "a\r\nX: y", "a b", "\u00e9", "\u20ac")
                .map(key -> List.of("publish", "--key", key, "a", "e", "1"));
        Stream<List<String>> publishes = Stream.of(
                List.of("publish", "--key", "k", "a", "e"),
                List.of("publish", "--key", "k", "a", "e", ""),
                List.of("publish", "--key", "k", "a", "e", "{"),
                List.of("publish", "--key", "k", "a", "e", "1 2"),
                List.of("publish", "--key", "k", "a", "e", "1", "2"),
                List.of("publish", "--key", "k", "--url", "http://127.0.0.1:1", "a", "e", "'1'"));
        Stream<List<String>> subscribes = Stream.of(
                List.of("subscribe", "--token", "t", "--count", "-1", "a"),
                List.of("subscribe", "--token", "t", "--count", "x", "a"),
                List.of("subscribe", "--token", "t", "--count", "1.5", "a"),
                List.of("subscribe", "--token", "t", "--count", "99999999999999999999", "a"),
                List.of("subscribe", "--token", "t", "--after", "x", "a", "b"),
                List.of("subscribe", "--token", "t"),
                List.of("subscribe", "--token", "", "a"),
                List.of("subscribe", "--token", "t", "--no-such-flag", "a"));
        return Stream.of(urls, ttls, tokens, keys, publishes, subscribes, histories)
                .flatMap(all -> all);
    }

    @ParameterizedTest
    @MethodSource("badValues")
    void command_endsWith2AndOneLine_whenAValueIsBad(List<String> args) {
        Run run = Run.broadcaster(Map.of("JWT_SECRET", SECRET), "", args.toArray(String[]::new));

        assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.USAGE);
        assertThat(run.out()).isEmpty();
        String command = "broadcaster " + args.get(0);
        List<String> lines = run.err().lines().toList();
        assertThat(lines.get(0)).startsWith(command + ": ");
        assertThat(lines.subList(1, lines.size()))
                .allMatch(line -> line.startsWith("See '") || line.startsWith("Possible"));
        assertThat(run.err()).doesNotContain("Exception", "\tat ");
    }

    static Stream<Map<String, String>> badEnvironments() {
        return Stream.of("0", "65536", "-1", "x", "99999999999").map(port -> Map.of("MANAGEMENT_PORT", port));
    }

    @ParameterizedTest
    @MethodSource("badEnvironments")
    void health_endsWith2_whenThePortOfTheEnvironmentIsNone(Map<String, String> environment) {
        Run run = Run.broadcaster(environment, "", "health");

        assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).startsWith("broadcaster health: ").doesNotContain("Exception");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "--version",
                "help",
                "help token",
                "serve --help",
                "token --dev --sub me --channels a",
                "token --dev --sub me --channels a --help"
            })
    void command_fails_whenItsOutputCannotBeWritten(String arguments) {
        Run run = Run.withoutOutput(Map.of(), arguments.split(" "));

        assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err()).endsWith(": cannot write the output\n");
    }
}
