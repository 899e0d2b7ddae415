package dev.broadcaster.cli;

import dev.broadcaster.auth.KeyScope;
import dev.broadcaster.client.BroadcasterException;
import dev.broadcaster.client.Json;
import dev.broadcaster.client.PublishOptions;
import dev.broadcaster.client.PublishResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
            "  broadcaster publish --dev demo greeting '{\"text\":\"hello\"}'",
            "  broadcaster publish --key \"$KEY\" chat:lobby greeting '{\"text\":\"hello\"}'",
            "  broadcaster publish --url https://push.example.com/broadcaster --text news headline 'It rains'",
            "  date | broadcaster publish --text clock tick -"
        })
final class PublishCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Terminal terminal;

    @Mixin
    private NodeOptions.WithKey node = new NodeOptions.WithKey();

    @Option(
            names = "--idempotency-key",
            paramLabel = "<key>",
            description = "With the same key the same message is published once within five minutes, however often this"
                    + " command is repeated. Without this option: a new key.")
    private @Nullable String idempotencyKey;

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
        // One attempt: whoever reads the answer decides about another one.
        PublishOptions options = PublishOptions.defaults().timeout(TIMEOUT).withoutRetry();
        if (idempotencyKey != null) {
            options = options.idempotencyKey(idempotencyKey);
        }
        NodeUrl url = node.url(terminal);
        try {
            PublishResult result = node.client(terminal, KeyScope.PUBLISH)
                    .publish(channel, event, json, options)
                    .get();
            terminal.out().println(result.id());
            return ExitCode.OK;
        } catch (ExecutionException e) {
            return report(url, e.getCause());
        }
    }

    private int report(NodeUrl url, @Nullable Throwable failure) {
        BroadcasterException.Refusal refusal =
                failure instanceof BroadcasterException refused ? refused.refusal() : null;
        if (refusal != null) {
            String words = RestFailure.text(refusal);
            terminal.err().println(words);
            // Only such a 503 has an unknown outcome; after another refusal the message was not published.
            return words.contains("outcome unknown") ? ExitCode.OUTCOME_UNKNOWN : ExitCode.FAILED;
        }
        if (failure instanceof BroadcasterException.OutcomeUnknown && failure.getCause() != null) {
            terminal.err()
                    .println("outcome unknown: no answer from " + url.publish() + ": "
                            + Main.reason(failure.getCause()));
            return ExitCode.OUTCOME_UNKNOWN;
        }
        if (failure instanceof BroadcasterException.NotPublished && failure.getCause() != null) {
            terminal.err()
                    .println("not published: cannot reach " + url.publish() + ": " + Main.reason(failure.getCause())
                            + node.node().hint());
        } else if (failure instanceof BroadcasterException.Invalid invalid) {
            terminal.err().println(RestFailure.invalid(invalid));
        } else {
            terminal.err().println("not published: " + (failure == null ? "no answer" : Main.reason(failure)));
        }
        return ExitCode.FAILED;
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
