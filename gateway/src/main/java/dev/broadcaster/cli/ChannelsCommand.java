package dev.broadcaster.cli;

import dev.broadcaster.auth.KeyScope;
import dev.broadcaster.client.ControlClient;
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

/** {@code broadcaster channels}: shows the channels with subscribers on all nodes. */
@Command(
        name = "channels",
        description =
                "Prints one line per channel that has subscribers: the subscriptions on all nodes and the channel,"
                        + " separated by a tab. Of one channel also its history: the number of messages and the id of the last, -"
                        + " before the first.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit codes: 0 done, 1 refused or unreachable, 2 wrong usage, 3 not every node has answered.",
            "",
            "Examples:",
            "  broadcaster channels --dev",
            "  broadcaster channels --prefix chat: | sort -rn | head",
            "  broadcaster channels chat:lobby"
        })
final class ChannelsCommand implements Callable<Integer> {
    private static final int PAGE = 1000;

    private final Terminal terminal;

    @Mixin
    private NodeOptions.WithKey node = new NodeOptions.WithKey();

    @Option(names = "--prefix", paramLabel = "<text>", description = "Only channels that begin with it, such as chat:.")
    private String prefix = "";

    @Parameters(arity = "0..1", paramLabel = "<channel>", description = "One channel, also without subscribers.")
    private @Nullable String channel;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs the command.
    private CommandSpec spec;

    ChannelsCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (channel != null && !prefix.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--prefix: not for one channel");
        }
        try {
            ControlClient client = node.control(terminal, KeyScope.READ);
            return ControlOutput.exitCode(terminal, channel == null ? printAll(client) : print(client, channel));
        } catch (ExecutionException e) {
            return node.report(terminal, e.getCause());
        }
    }

    private boolean printAll(ControlClient client) throws InterruptedException, ExecutionException {
        boolean complete = true;
        String last = null;
        ControlClient.ChannelPage page;
        do {
            page = client.channels(prefix, last, PAGE).get();
            for (ControlClient.Subscribed each : page.channels()) {
                terminal.out().println(each.subscribers() + "\t" + ControlOutput.plain(each.channel()));
                last = each.channel();
            }
            complete &= page.complete();
        } while (page.more() && !page.channels().isEmpty());
        return complete;
    }

    private boolean print(ControlClient client, String name) throws InterruptedException, ExecutionException {
        ControlClient.ChannelUse use = client.channel(name).get();
        ControlClient.History history = use.history();
        terminal.out()
                .println(use.subscribers() + "\t" + ControlOutput.plain(use.channel())
                        + (history == null ? "" : "\t" + history.size() + "\t" + position(history)));
        return use.complete();
    }

    private static String position(ControlClient.History history) {
        String last = history.lastMessageId();
        return last == null ? "-" : ControlOutput.plain(last);
    }
}
