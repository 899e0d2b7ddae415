package dev.broadcaster.cli;

import dev.broadcaster.client.BroadcasterException;
import dev.broadcaster.client.ChannelListener;
import dev.broadcaster.client.ClientListener;
import dev.broadcaster.client.Gap;
import dev.broadcaster.client.Live;
import dev.broadcaster.client.Message;
import dev.broadcaster.client.StateEvent;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.protocol.ErrorCode;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Prints the events of a client and its channels, and decides when {@code subscribe} ends. The client calls it by one
 * thread at a time, which owns the fields; it ignores the events after the end.
 */
final class SubscribeOutput implements ClientListener {
    /** The code of RFC 6455 for a connection that ends without a close frame. */
    private static final int NO_CLOSE_FRAME = 1006;
    /** The code with which the client gives up a node that violates the protocol. */
    private static final int GIVEN_UP = 4000;

    private final Terminal terminal;
    private final URI address;
    private final String hint;
    private final boolean json;
    private final long count;
    private final boolean reconnect;
    private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();
    /** The channels whose subscription has not ended. */
    private final Set<String> channels;

    private final Timestamps times = new Timestamps();
    private long printed;
    /** True if the socket of this attempt has opened. */
    private boolean isOpen;
    /** True if one has opened: an address that never worked is wrong. */
    private boolean wasOpen;

    /**
     * @param hint what else to say when the node cannot be reached
     * @param json true to print messages unchanged, false to print their fields separated by tabs
     * @param count the number of messages after which the command ends; 0 = never
     * @param reconnect false if it ends with the connection
     */
    SubscribeOutput(
            Terminal terminal,
            URI address,
            String hint,
            Set<String> channels,
            boolean json,
            long count,
            boolean reconnect) {
        this.terminal = terminal;
        this.address = address;
        this.hint = hint;
        this.channels = new LinkedHashSet<>(channels);
        this.json = json;
        this.count = count;
        this.reconnect = reconnect;
    }

    /** Completes with the exit code when the command ends. */
    CompletableFuture<Integer> exitCode() {
        return exitCode;
    }

    private void end(int code) {
        exitCode.complete(code);
    }

    private void tell(String line) {
        terminal.err().println(line);
    }

    @Override
    public void onState(StateEvent event) {
        if (exitCode.isDone()) {
            return;
        }
        switch (event.state()) {
            case CONNECTING -> isOpen = false;
            case AUTHENTICATING -> {
                isOpen = true;
                wasOpen = true;
            }
            case WAITING -> onLost(event);
            case STOPPED -> onStopped(event);
            default -> {}
        }
    }

    private void onLost(StateEvent event) {
        CloseAdvice.Action action = CloseAdvice.Action.BACKOFF;
        if (isOpen) {
            action = tellClose(event.code(), event.reason());
        } else {
            tellUnreachable(event.reason());
        }
        boolean again = action == CloseAdvice.Action.NOW || action == CloseAdvice.Action.BACKOFF;
        Duration wait = event.retryIn();
        if (!reconnect || !wasOpen || !again || wait == null) {
            end(ExitCode.FAILED); // there is no way to get another token
        } else {
            tell("reconnecting in " + Math.round(wait.toMillis() / 100.0) / 10.0 + " s");
        }
    }

    private void onStopped(StateEvent event) {
        Integer code = event.code();
        if (code == null) {
            BroadcasterException error = event.error();
            tell("refused: the token: " + (error == null ? event.reason() : words(error)));
        } else if (isOpen) {
            tellClose(code, event.reason());
        } else {
            tellUnreachable(event.reason());
        }
        end(isOpen && code != null && code == 1000 ? ExitCode.OK : ExitCode.FAILED);
    }

    private CloseAdvice.Action tellClose(@Nullable Integer closeCode, @Nullable String said) {
        int code = closeCode == null ? NO_CLOSE_FRAME : closeCode;
        String reason = said == null ? "" : said;
        CloseAdvice advice = CloseAdvice.of(code);
        if (code == NO_CLOSE_FRAME || code == GIVEN_UP) {
            tell("connection lost: " + (reason.isEmpty() ? "no close frame" : reason) + ": " + advice.text());
        } else {
            tell("closed by the node: " + code + (reason.isEmpty() ? "" : " " + reason) + ": " + advice.text());
        }
        return advice.action();
    }

    private void tellUnreachable(@Nullable String reason) {
        String why = reason == null ? "" : reason;
        if (why.startsWith("HTTP ")) {
            String status = why.substring("HTTP ".length());
            why = "refused with status " + status + (status.equals("404") ? "; is the base path right?" : "");
        } else {
            why += hint;
        }
        tell("cannot connect to " + address + ": " + why);
    }

    /** The words of the node; of the client if it finds what the node would refuse. */
    private static String words(BroadcasterException error) {
        BroadcasterException.Refusal refusal = error.refusal();
        if (refusal != null) {
            return refusal.code() + ": " + refusal.message();
        }
        ErrorCode code = error instanceof BroadcasterException.Unauthorized
                ? ErrorCode.UNAUTHENTICATED
                : ErrorCode.INVALID_ARGUMENT;
        return code.wireName() + ": " + error.getMessage();
    }

    /** A refusal that the client repeats, or a message that is none. The state tells everything else. */
    @Override
    public void onError(Throwable error) {
        if (exitCode.isDone()) {
            return;
        }
        if (error instanceof BroadcasterException.ProtocolViolation) {
            tell("not understood: " + error.getMessage());
        } else if (error instanceof BroadcasterException refused && refused.refusal() != null) {
            tell("refused: " + subject(refused) + ": " + words(refused));
            if (!reconnect) {
                end(ExitCode.FAILED);
            }
        } else if (!(error instanceof BroadcasterException)) {
            tell(Main.reason(error));
            end(ExitCode.FAILED);
        }
    }

    /** The text of a refused subscription is the channel, then the words of the node. */
    private String subject(BroadcasterException refused) {
        String text = String.valueOf(refused.getMessage());
        return channels.stream()
                .filter(channel -> text.startsWith(channel + ": "))
                .findFirst()
                .map(channel -> "channel " + channel)
                .orElse("the token");
    }

    /** The output of a channel. */
    ChannelListener of(String channel) {
        return new Channel(channel);
    }

    private final class Channel implements ChannelListener {
        private final String channel;

        Channel(String channel) {
            this.channel = channel;
        }

        @Override
        public void onMessage(Message message) {
            if (exitCode.isDone()) {
                return;
            }
            terminal.out().println(json ? oneLine(message.raw()) : fields(message));
            printed++;
            if (terminal.out().checkError()) {
                tell("cannot write the output"); // such as a closed pipe
                end(ExitCode.FAILED);
            } else if (printed == count) {
                end(ExitCode.OK);
            }
        }

        @Override
        public void onLive(Live live) {
            if (live.resumed() == null) {
                tellUnlessOver("subscribed: " + channel);
            } else if (live.resumed()) {
                tellUnlessOver("recovered: " + channel + ", " + replay(live.missed()));
            }
        }

        @Override
        public void onGap(Gap gap) {
            Long lost = gap.count();
            if (lost == null) {
                tellUnlessOver("history lost: " + channel + ", messages of the meantime are no longer kept");
                return;
            }
            String which = lost == 1 ? "seq " + gap.from() : "seq " + gap.from() + "-" + gap.to();
            tellUnlessOver("hole: " + lost + (lost == 1 ? " message" : " messages") + " of channel " + channel
                    + " lost (" + which + ")");
        }

        @Override
        public void onEnded(String reason) {
            tellUnlessOver("ended: channel " + channel + (reason.isEmpty() ? "" : ": " + reason));
            channels.remove(channel);
            if (channels.isEmpty()) {
                end(ExitCode.FAILED);
            }
        }

        @Override
        public void onFailed(BroadcasterException error) {
            tellUnlessOver("refused: channel " + channel + ": " + words(error));
            end(ExitCode.FAILED);
        }

        /** Nothing is told after the end. */
        private void tellUnlessOver(String line) {
            if (!exitCode.isDone()) {
                tell(line);
            }
        }
    }

    private static String replay(@Nullable Long missed) {
        if (missed == null) {
            return "the missed messages follow"; // an older node without this field
        }
        if (missed == 0) {
            return "no message was missed";
        }
        return missed == 1 ? "1 missed message follows" : missed + " missed messages follow";
    }

    private String fields(Message message) {
        return String.join(
                "\t",
                times.format(message.createTime().toEpochMilli()),
                message.channel(),
                Long.toString(message.seq()),
                message.event(),
                oneLine(message.json()));
    }

    /** Valid JSON has line breaks and tabs only between tokens, where a space means the same. */
    static String oneLine(String json) {
        return json.replace('\n', ' ').replace('\r', ' ').replace('\t', ' ');
    }
}
