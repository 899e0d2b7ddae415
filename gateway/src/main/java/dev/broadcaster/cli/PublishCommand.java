package dev.broadcaster.cli;

import dev.broadcaster.Setting;
import dev.broadcaster.auth.ApiKey;
import dev.broadcaster.auth.KeyScope;
import dev.broadcaster.client.BroadcasterException;
import dev.broadcaster.client.Json;
import dev.broadcaster.client.PublishOptions;
import dev.broadcaster.client.PublishResult;
import dev.broadcaster.client.RestClient;
import dev.broadcaster.protocol.ErrorCode;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code broadcaster publish}: publishes one message over REST, as an application server would. */
@Command(
        name = "publish",
        description = "Publishes one message and prints its id.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit codes: 0 accepted, 1 not published, 2 wrong usage, 3 unknown outcome, or the id cannot be written.",
            "",
            "Examples:",
            "  broadcaster publish --key \"$KEY\" chat:lobby greeting '{\"text\":\"hello\"}'",
            "  broadcaster publish --url https://push.example.com/broadcaster --text news headline 'It rains'",
            "  date | broadcaster publish --text clock tick -"
        })
final class PublishCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Terminal terminal;

    @Option(
            names = "--url",
            defaultValue = NodeUrl.DEFAULT,
            paramLabel = "<url>",
            converter = NodeUrl.Converter.class,
            description = "The node, with its base path. Without this option: " + NodeUrl.DEFAULT)
    @SuppressWarnings("NullAway.Init") // It has a default.
    private NodeUrl url;

    @Option(
            names = "--key",
            paramLabel = "<key>",
            description =
                    "The API key. Without this option: the first of API_KEYS or API_KEYS_FILE in the environment that is"
                            + " no hash.")
    private @Nullable String key;

    @Option(names = "--text", description = "The payload is plain text, to be sent as a JSON string.")
    private boolean text;

    @Parameters(index = "0", paramLabel = "<channel>", description = "The channel, such as chat:lobby.")
    private String channel = "";

    @Parameters(index = "1", paramLabel = "<event>", description = "The event, such as greeting.")
    private String event = "";

    @Parameters(index = "2", paramLabel = "<payload>", description = "Any JSON value, or - to read it from stdin.")
    private String payload = "";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs the command.
    private CommandSpec spec;

    PublishCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Json json = payloadJson();
        HttpClient http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(TIMEOUT)
                .build();
        // One attempt: whoever reads the answer decides about another one.
        PublishOptions options = PublishOptions.defaults().timeout(TIMEOUT).withoutRetry();
        try {
            PublishResult result = RestClient.create(url.base(), key(), http)
                    .publish(channel, event, json, options)
                    .get();
            terminal.out().println(result.id());
            return ExitCode.OK;
        } catch (ExecutionException e) {
            return report(e.getCause());
        }
    }

    private int report(@Nullable Throwable failure) {
        BroadcasterException.Refusal refusal =
                failure instanceof BroadcasterException refused ? refused.refusal() : null;
        if (refusal != null) {
            String words = refusal.code().isEmpty()
                    ? "refused, and the response is not from a Broadcaster; is the base path right?"
                    : refusal.code() + ": " + refusal.message();
            terminal.err().println(refusal.status() + " " + words);
            // Only such a 503 has an unknown outcome; after another refusal the message was not published.
            return words.contains("outcome unknown") ? ExitCode.OUTCOME_UNKNOWN : ExitCode.FAILED;
        }
        if (failure instanceof BroadcasterException.OutcomeUnknown && failure.getCause() != null) {
            terminal.err()
                    .println("outcome unknown: no answer from " + url.publish() + ": "
                            + Main.reason(failure.getCause()));
            return ExitCode.OUTCOME_UNKNOWN;
        }
        if (failure instanceof BroadcasterException.NotPublished) {
            terminal.err().println("not published: cannot reach " + url.publish());
        } else if (failure instanceof BroadcasterException.Invalid) {
            // What the node would answer: the client has the same rules.
            terminal.err().println("400 " + ErrorCode.INVALID_ARGUMENT.wireName() + ": " + failure.getMessage());
        } else {
            terminal.err().println("not published: " + (failure == null ? "no answer" : Main.reason(failure)));
        }
        return ExitCode.FAILED;
    }

    private String key() {
        if (key != null) {
            if (key.isEmpty() || !key.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
                throw wrong("--key: malformed (expected: printable ASCII characters without white space)");
            }
            return key;
        }
        return terminal.secrets(Setting.API_KEYS, Setting.API_KEYS_FILE).stream()
                .map(ApiKey::parse)
                .filter(known -> !known.isHashed() && known.scopes().contains(KeyScope.PUBLISH))
                .map(ApiKey::key)
                .findFirst()
                .orElseThrow(() -> wrong("--key: missing (expected: an API key here, or API_KEYS in the environment)"));
    }

    private Json payloadJson() throws IOException {
        String given = payload.equals("-") ? new String(terminal.in().readAllBytes(), StandardCharsets.UTF_8) : payload;
        if (text) {
            return Json.string(given);
        }
        try {
            return Json.of(given);
        } catch (BroadcasterException.Invalid e) {
            throw wrong("the payload is not JSON: " + given + " (for plain text use --text)");
        }
    }

    private ParameterException wrong(String problem) {
        return new ParameterException(spec.commandLine(), problem);
    }
}
