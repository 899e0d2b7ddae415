package dev.broadcaster.cli;

import dev.broadcaster.Setting;
import dev.broadcaster.auth.ApiKey;
import dev.broadcaster.auth.KeyScope;
import dev.broadcaster.client.ControlClient;
import dev.broadcaster.client.RestClient;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The node that a command uses. */
final class NodeOptions {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final String NO_ADDRESS = "HOST, PORT and BASE_PATH of the environment are no address";

    @Option(
            names = "--url",
            paramLabel = "<url>",
            converter = NodeUrl.Converter.class,
            description = "The node, with its base path. Without this option: " + NodeUrl.DEFAULT)
    private @Nullable NodeUrl url;

    @Option(
            names = "--dev",
            description =
                    "The node of 'serve\u00a0--dev' on this machine, with its public secrets: nothing else is needed.")
    private boolean dev;

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs the command.
    private CommandSpec spec;

    /** True if the node is a development node of this machine. */
    boolean isDev() {
        return dev;
    }

    NodeUrl url(Terminal terminal) {
        if (url != null) {
            return url;
        }
        return dev
                ? DevMode.url(settings(terminal)).orElseThrow(() -> wrong("--dev: " + NO_ADDRESS))
                : NodeUrl.ofDefaults();
    }

    /** The settings of the environment, completed as {@code serve --dev} does it if that is the node. */
    Map<String, String> settings(Terminal terminal) {
        Map<String, String> settings = new HashMap<>(terminal.settings());
        return dev ? DevMode.complete(settings) : settings;
    }

    /** A line that says how to get a node, for one that cannot be reached; empty unless it is a development node. */
    String hint() {
        return dev && url == null ? " (is 'broadcaster serve --dev' running? on another port: --url)" : "";
    }

    private ParameterException wrong(String problem) {
        return new ParameterException(spec.commandLine(), problem);
    }

    /** Adds an API key. */
    static final class WithKey {
        @Mixin
        private NodeOptions node = new NodeOptions();

        @Option(
                names = "--key",
                paramLabel = "<key>",
                description = "The API key. Without this option: the first of API_KEYS or API_KEYS_FILE in the"
                        + " environment that is no hash and may do this.")
        private @Nullable String key;

        NodeOptions node() {
            return node;
        }

        NodeUrl url(Terminal terminal) {
            return node.url(terminal);
        }

        /** A client of this node, with a key that has this scope. */
        RestClient client(Terminal terminal, KeyScope scope) {
            return RestClient.create(url(terminal).base(), key(terminal, scope), http());
        }

        /** A client of the control API of this node, with a key that has this scope. */
        ControlClient control(Terminal terminal, KeyScope scope) {
            return ControlClient.create(url(terminal).base(), key(terminal, scope), http());
        }

        private static HttpClient http() {
            return HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT_TIMEOUT)
                    .build();
        }

        /** Prints why a call has failed. */
        int report(Terminal terminal, @Nullable Throwable failure) {
            terminal.err().println(RestFailure.text(failure, url(terminal).base(), node.hint()));
            return ExitCode.FAILED;
        }

        private String key(Terminal terminal, KeyScope scope) {
            if (key != null) {
                if (key.isEmpty() || !key.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
                    throw node.wrong("--key: malformed (expected: printable ASCII characters without white space)");
                }
                return key;
            }
            List<String> entries = Terminal.secrets(node.settings(terminal), Setting.API_KEYS, Setting.API_KEYS_FILE);
            return entries.stream()
                    .map(ApiKey::parse)
                    .filter(known -> !known.isHashed() && known.scopes().contains(scope))
                    .map(ApiKey::key)
                    .findFirst()
                    .orElseThrow(() -> node.wrong("--key: missing (expected: an API key with the scope " + scope.text()
                            + " here, or API_KEYS in the environment, or --dev)"));
        }
    }
}
