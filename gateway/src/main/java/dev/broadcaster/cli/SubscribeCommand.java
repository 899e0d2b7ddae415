package dev.broadcaster.cli;

import dev.broadcaster.client.BroadcasterClient;
import dev.broadcaster.client.SubscribeOptions;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
            "  broadcaster subscribe --dev demo",
            "  broadcaster subscribe --reconnect chat:lobby",
            "  broadcaster subscribe --url https://push.example.com/broadcaster --json news | jq .params.payload"
        })
final class SubscribeCommand implements Callable<Integer> {
    private static final long CLOSE_SECONDS = 2;
    static final String TOKEN_VARIABLE = "BROADCASTER_TOKEN";

    private final Terminal terminal;

    @Mixin
    private NodeOptions node = new NodeOptions();

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
        String usedToken = usedToken();
        if (usedToken.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--token: missing (expected: a token here or in " + TOKEN_VARIABLE
                            + "; 'broadcaster token' makes one, and --dev needs none)");
        }
        if (count < 0) {
            throw new ParameterException(
                    spec.commandLine(), "--count: " + count + " (expected: 0 or more; 0 for no end)");
        }
        if (!after.isEmpty() && channels.size() > 1) {
            throw new ParameterException(
                    spec.commandLine(), "--after: for one channel (expected: 1, given: " + channels.size() + ")");
        }
        return subscribe(usedToken);
    }

    private String usedToken() {
        if (token.isEmpty() && node.isDev()) {
            return DevMode.token(node.settings(terminal)).orElse("");
        }
        return token.isEmpty() ? terminal.environment().getOrDefault(TOKEN_VARIABLE, "") : token;
    }

    private int subscribe(String usedToken) throws InterruptedException {
        SubscribeOptions options = options();
        NodeUrl url = node.url(terminal);
        Set<String> wanted = new LinkedHashSet<>(channels);
        var output = new SubscribeOutput(terminal, url.websocket(), node.hint(), wanted, json, count, reconnect);
        BroadcasterClient client = BroadcasterClient.builder(url.websocket())
                .token(usedToken)
                .name("cli/" + Main.Version.current())
                .listener(output)
                .build();
        for (String channel : wanted) {
            var unused = client.subscribe(channel, output.of(channel), options);
        }
        client.connect();
        try {
            return output.exitCode().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            // The node learns that this is the end, and need not wait for a timer.
            var unused = client.closeAsync()
                    .completeOnTimeout(null, CLOSE_SECONDS, TimeUnit.SECONDS)
                    .join();
        }
    }

    private SubscribeOptions options() {
        try {
            return after.isEmpty()
                    ? SubscribeOptions.defaults()
                    : SubscribeOptions.defaults().since(after);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--after: " + e.getMessage());
        }
    }
}
