package dev.broadcaster.cli;

import dev.broadcaster.auth.KeyScope;
import dev.broadcaster.client.ControlClient;
import dev.broadcaster.client.HistoryPage;
import dev.broadcaster.client.Message;
import dev.broadcaster.client.RestClient;
import dev.broadcaster.message.Timestamps;
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

/** {@code broadcaster history}: prints, or deletes, the kept messages of a channel. */
@Command(
        name = "history",
        description = "Prints the messages that the history of a channel has, oldest first, one line per message: time,"
                + " channel, id, event and payload, separated by tabs. Or deletes them.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit codes: 0 printed or deleted, 1 refused, unreachable, or not all is kept, 2 wrong usage.",
            "",
            "Examples:",
            "  broadcaster history --dev demo",
            "  broadcaster history --after E2H9FPV4K9-17 --json chat:lobby | jq .payload",
            "  broadcaster history --delete chat:lobby"
        })
final class HistoryCommand implements Callable<Integer> {
    private static final int PAGE = 500;

    private final Terminal terminal;
    private final Timestamps times = new Timestamps();

    @Mixin
    private NodeOptions.WithKey node = new NodeOptions.WithKey();

    @Option(
            names = "--after",
            paramLabel = "<id>",
            description = "Start after this message. Without this option: with the oldest one.")
    private @Nullable String after;

    @Option(
            names = "--count",
            paramLabel = "<number>",
            description = "Print at most this number of messages. Without this option: all.")
    private long count;

    @Option(names = "--json", description = "Print each message as JSON, as the node sent it.")
    private boolean json;

    @Option(
            names = "--delete",
            description = "Delete them instead. Clients that return later are told that messages are missing.")
    private boolean delete;

    @Parameters(index = "0", paramLabel = "<channel>", description = "The channel, such as chat:lobby.")
    private String channel = "";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs the command.
    private CommandSpec spec;

    HistoryCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (count < 0) {
            throw new ParameterException(spec.commandLine(), "--count: " + count + " (expected: 0 or more; 0 for all)");
        }
        if (delete && (after != null || count != 0 || json)) {
            throw new ParameterException(spec.commandLine(), "--delete: not with --after, --count or --json");
        }
        try {
            return delete
                    ? delete(node.control(terminal, KeyScope.CONTROL))
                    : print(node.client(terminal, KeyScope.READ));
        } catch (ExecutionException e) {
            return node.report(terminal, e.getCause());
        }
    }

    private int delete(ControlClient client) throws InterruptedException, ExecutionException {
        client.deleteHistory(channel).get();
        terminal.out().println("deleted the history of " + ControlOutput.plain(channel));
        return ExitCode.OK;
    }

    private int print(RestClient client) throws InterruptedException, ExecutionException {
        long left = count == 0 ? Long.MAX_VALUE : count;
        String last = after;
        while (left > 0) {
            HistoryPage page =
                    client.history(channel, last, (int) Math.min(PAGE, left)).get();
            if (!page.recovered()) {
                terminal.err()
                        .println("history lost: not every message of channel " + channel + " after " + last
                                + " is kept; without --after it begins with the oldest");
                return ExitCode.FAILED;
            }
            page.messages().forEach(this::print);
            if (!page.more() || page.messages().isEmpty()) {
                break;
            }
            left -= page.messages().size();
            last = page.messages().get(page.messages().size() - 1).id();
        }
        return ExitCode.OK;
    }

    private void print(Message message) {
        terminal.out().println(json ? SubscribeOutput.oneLine(message.raw()) : fields(message));
    }

    private String fields(Message message) {
        return String.join(
                "\t",
                times.format(message.createTime().toEpochMilli()),
                message.channel(),
                message.id(),
                message.event(),
                SubscribeOutput.oneLine(message.json()));
    }
}
