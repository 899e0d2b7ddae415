package dev.broadcaster.cli;

import dev.broadcaster.auth.KeyScope;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code broadcaster unsubscribe}: ends the subscriptions of a user to a channel on all nodes. */
@Command(
        name = "unsubscribe",
        description = "Ends the subscriptions of a user to a channel on all nodes. The tokens of the user stay valid.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit codes: 0 done, 1 refused or unreachable, 2 wrong usage, 3 not every node has answered.",
            "",
            "Examples:",
            "  broadcaster unsubscribe --dev developer demo",
            "  broadcaster unsubscribe --reason 'the room is closed' alice chat:lobby"
        })
final class UnsubscribeCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private NodeOptions.WithKey node = new NodeOptions.WithKey();

    @Option(names = "--reason", paramLabel = "<text>", description = "What the clients are told, at most 123 bytes.")
    private @Nullable String reason;

    @Parameters(index = "0", paramLabel = "<user>", description = "The user: 'sub' of the tokens.")
    private String user = "";

    @Parameters(index = "1", paramLabel = "<channel>", description = "The channel, such as chat:lobby.")
    private String channel = "";

    UnsubscribeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        try {
            return ControlOutput.print(
                    terminal,
                    "subscription",
                    node.control(terminal, KeyScope.CONTROL)
                            .unsubscribe(user, channel, reason)
                            .get());
        } catch (ExecutionException e) {
            return node.report(terminal, e.getCause());
        }
    }
}
