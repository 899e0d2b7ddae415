package dev.broadcaster.cli;

import java.net.http.HttpClient;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code broadcaster subscribe}: prints the messages of channels, and the losses. */
@Command(
        name = "subscribe",
        description = {
            "Prints one line per message of the channels: time, channel, seq, event and payload, separated by tabs."
                    + " Subscriptions, holes, recoveries and the end go to stderr."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit codes: 0 ended normally, 1 refused, unreachable or disconnected, 2 wrong usage.",
            "",
            "Examples:",
            "  broadcaster subscribe --token \"$(broadcaster token --dev --sub me --channels '*')\" chat:lobby",
            "  broadcaster subscribe --reconnect chat:lobby",
            "  broadcaster subscribe --url https://push.example.com/broadcaster --json news | jq .params.payload"
        })
final class SubscribeCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    static final String TOKEN_VARIABLE = "BROADCASTER_TOKEN";

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
            names = "--token",
            paramLabel = "<token>",
            description = "The token. Without this option: " + TOKEN_VARIABLE + " in the environment.")
    private String token = "";

    @Option(names = "--json", description = "Print each message as JSON, as the node sent it.")
    private boolean json;

    @Option(
            names = "--count",
            paramLabel = "<number>",
            description = "End after this number of messages. Without this option: never.")
    private long count;

    @Option(
            names = "--after",
            paramLabel = "<id>",
            description =
                    "Start after this message, if the channel's history has the later ones. For one" + " channel.")
    private String after = "";

    @Option(
            names = "--reconnect",
            description = "Reconnect after a break, with jitter, and recover the missed messages. Not if the close code"
                    + " means stop.")
    private boolean reconnect;

    @Parameters(arity = "1..*", paramLabel = "<channel>", description = "The channels to subscribe to.")
    private List<String> channels = List.of();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs the command.
    private CommandSpec spec;

    SubscribeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        String usedToken = token.isEmpty() ? terminal.environment().getOrDefault(TOKEN_VARIABLE, "") : token;
        if (usedToken.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--token: missing (expected: a token here or in " + TOKEN_VARIABLE
                            + "; 'broadcaster token' makes one)");
        }
        if (count < 0) {
            throw new ParameterException(
                    spec.commandLine(), "--count: " + count + " (expected: 0 or more; 0 for no end)");
        }
        if (!after.isEmpty() && channels.size() > 1) {
            throw new ParameterException(
                    spec.commandLine(), "--after: for one channel (expected: 1, given: " + channels.size() + ")");
        }
        Map<String, String> lastSeenIds = new HashMap<>();
        if (!after.isEmpty()) {
            lastSeenIds.put(channels.get(0), after);
        }
        return subscribe(usedToken, lastSeenIds);
    }

    private int subscribe(String usedToken, Map<String, String> lastSeenIds) throws InterruptedException {
        Backoff backoff = new Backoff(ThreadLocalRandom.current());
        long printed = 0;
        boolean wasThere = false; // an address that never worked is wrong
        while (true) {
            Subscriber subscriber = new Subscriber(
                    terminal, usedToken, channels, lastSeenIds, json, count == 0 ? 0 : count - printed, reconnect);
            int exitCode = ExitCode.FAILED;
            CloseAdvice.Action action = wasThere ? CloseAdvice.Action.BACKOFF : CloseAdvice.Action.STOP;
            if (connect(subscriber)) {
                exitCode = subscriber.awaitEnd();
                wasThere = true;
                action = subscriber.action();
                printed += subscriber.printed();
                if (subscriber.printed() > 0) {
                    backoff.reset();
                }
            }
            boolean again = action == CloseAdvice.Action.NOW || action == CloseAdvice.Action.BACKOFF;
            if (!reconnect || !again) {
                return exitCode; // there is no way to get another token
            }
            Duration wait = action == CloseAdvice.Action.NOW ? backoff.soon() : backoff.next();
            terminal.err().println("reconnecting in " + Math.round(wait.toMillis() / 100.0) / 10.0 + " s");
            Thread.sleep(wait.toMillis());
        }
    }

    /** True if the connection is open. */
    private boolean connect(Subscriber subscriber) {
        try {
            HttpClient.newHttpClient()
                    .newWebSocketBuilder()
                    .connectTimeout(TIMEOUT)
                    .buildAsync(url.websocket(), subscriber)
                    .join();
            return true;
        } catch (CompletionException e) {
            terminal.err().println("cannot connect to " + url.websocket() + ": " + reason(e));
            return false;
        }
    }

    private static String reason(CompletionException failure) {
        if (failure.getCause() instanceof WebSocketHandshakeException refused) {
            int status = refused.getResponse().statusCode();
            return "refused with status " + status + (status == 404 ? "; is the base path right?" : "");
        }
        return Main.reason(failure);
    }
}
