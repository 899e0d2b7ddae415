package dev.broadcaster.cli;

import dev.broadcaster.Setting;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code broadcaster health}: checks the health of a node, for places without another program that can, such as its
 * container.
 */
@Command(
        name = "health",
        description = {
            "Checks that a node is live, or with --ready that it accepts traffic.",
            "",
            "Without --url it checks the node with the settings of this environment, on its management port."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit codes: 0 yes, 1 no, 2 wrong usage.",
            "",
            "Examples:",
            "  broadcaster health",
            "  broadcaster health --ready --url http://127.0.0.1:8000/broadcaster"
        })
final class HealthCommand implements Callable<Integer> {
    private static final int TIMEOUT_MILLIS = 2_000;
    private static final int MOST_BYTES = 10_000;

    private final Terminal terminal;

    @Option(
            names = "--url",
            paramLabel = "<url>",
            converter = NodeUrl.Converter.class,
            description =
                    "The node, with its base path. Without this option: MANAGEMENT_PORT of this machine, or 8001.")
    private @Nullable NodeUrl url;

    @Option(names = "--ready", description = "Check that it accepts traffic.")
    private boolean ready;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs the command.
    private CommandSpec spec;

    HealthCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        NodeUrl node = url == null ? ofThisEnvironment() : url;
        URI asked = ready ? node.ready() : node.health();
        try {
            return ask(asked);
        } catch (IOException e) {
            terminal.err().println("no answer from " + asked + ": " + Main.reason(e));
            return ExitCode.FAILED;
        }
    }

    /** Uses the HTTP client that starts fastest, because this runs every few seconds, each time in a new process. */
    private int ask(URI asked) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) asked.toURL().openConnection();
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        connection.setInstanceFollowRedirects(false);
        int status = connection.getResponseCode();
        try (InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            String text = body == null ? "" : new String(body.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
            if (status == 200) {
                terminal.out().println(text);
                return ExitCode.OK;
            }
            terminal.err().println(status + " " + text);
            return ExitCode.FAILED;
        }
    }

    private static String withoutBrackets(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private NodeUrl ofThisEnvironment() {
        String port = terminal.setting(Setting.MANAGEMENT_PORT);
        String host = withoutBrackets(terminal.setting(Setting.MANAGEMENT_HOST));
        try {
            return NodeUrl.ofManagement(host, port);
        } catch (RuntimeException e) {
            throw new ParameterException(
                    spec.commandLine(), "MANAGEMENT_HOST and MANAGEMENT_PORT of the environment: " + e.getMessage());
        }
    }
}
