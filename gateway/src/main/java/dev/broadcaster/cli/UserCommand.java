package dev.broadcaster.cli;

import dev.broadcaster.auth.KeyScope;
import dev.broadcaster.client.ControlClient;
import dev.broadcaster.message.Timestamps;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code broadcaster user}: shows the connections of a user on all nodes. */
@Command(
        name = "user",
        description = "Prints one line per connection of a user on all nodes: since when, id, transport, name of the"
                + " client, number of subscriptions and channels, separated by tabs. At most 100 channels are listed.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit codes: 0 done, 1 refused or unreachable, 2 wrong usage, 3 not every node has answered.",
            "",
            "Examples:",
            "  broadcaster user --dev developer",
            "  broadcaster user --url https://push.example.com/broadcaster alice"
        })
final class UserCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final Timestamps times = new Timestamps();

    @Mixin
    private NodeOptions.WithKey node = new NodeOptions.WithKey();

    @Parameters(index = "0", paramLabel = "<user>", description = "The user: 'sub' of the tokens.")
    private String user = "";

    UserCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        try {
            ControlClient.User answer =
                    node.control(terminal, KeyScope.READ).user(user).get();
            answer.connections().forEach(this::print);
            if (answer.connections().isEmpty()) {
                terminal.err().println("not connected: " + ControlOutput.plain(user));
            }
            return ControlOutput.exitCode(terminal, answer.complete());
        } catch (ExecutionException e) {
            return node.report(terminal, e.getCause());
        }
    }

    private void print(ControlClient.UserConnection connection) {
        terminal.out()
                .println(String.join(
                        "\t",
                        times.format(connection.since().toEpochMilli()),
                        ControlOutput.plain(connection.connectionId()),
                        ControlOutput.plain(connection.transport()),
                        connection.client().isEmpty() ? "-" : ControlOutput.plain(connection.client()),
                        Long.toString(connection.subscriptions()),
                        ControlOutput.plain(String.join(" ", connection.channels()))));
    }
}
