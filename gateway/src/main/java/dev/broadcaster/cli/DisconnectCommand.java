package dev.broadcaster.cli;

import dev.broadcaster.auth.KeyScope;
import dev.broadcaster.client.ControlClient;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code broadcaster disconnect}: closes the connections of a user on all nodes. */
@Command(
        name = "disconnect",
        description =
                "Closes the connections of a user on all nodes. Clients that can get a new token come back, unless"
                        + " the tokens are revoked.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit codes: 0 done, 1 refused or unreachable, 2 wrong usage, 3 not every node has answered.",
            "",
            "Examples:",
            "  broadcaster disconnect --dev developer",
            "  broadcaster disconnect --revoke --reason 'left the company' alice"
        })
final class DisconnectCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private NodeOptions.WithKey node = new NodeOptions.WithKey();

    @Option(names = "--revoke", description = "All nodes also refuse each token of the user that was issued until now.")
    private boolean revoke;

    @Option(
            names = "--reason",
            paramLabel = "<text>",
            description = "What the clients are told, at most 123 bytes. Without this option: 'access\u00a0revoked' or"
                    + " 'disconnected'.")
    private @Nullable String reason;

    @Parameters(index = "0", paramLabel = "<user>", description = "The user: 'sub' of the tokens.")
    private String user = "";

    DisconnectCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        ControlClient client = node.control(terminal, KeyScope.CONTROL);
        try {
            ControlClient.Effect effect =
                    (revoke ? client.revoke(user, reason) : client.disconnect(user, reason)).get();
            int exitCode = ControlOutput.print(terminal, "connection", effect);
            if (revoke && effect.complete()) {
                terminal.out().println("tokens of the user that were issued until now are refused");
            }
            return exitCode;
        } catch (ExecutionException e) {
            return node.report(terminal, e.getCause());
        }
    }
}
