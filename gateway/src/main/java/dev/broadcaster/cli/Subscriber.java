package dev.broadcaster.cli;

import dev.broadcaster.protocol.JsonText;
import dev.broadcaster.protocol.ServerMessage;
import java.io.IOException;
import java.net.http.WebSocket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One connection that authenticates, subscribes and prints. The methods of the listener are called one after the other,
 * so its fields need no lock; {@link #awaitEnd} is for the thread that runs the command.
 */
final class Subscriber implements WebSocket.Listener {
    private static final long AUTH_REQUEST = 1;
    /** The request that subscribes to the first channel; those of the others follow. */
    private static final long FIRST_SUBSCRIBE_REQUEST = 2;
    /** What RFC 6455 calls the end of a connection without one. */
    private static final int NO_CLOSE_FRAME = 1006;

    private final Terminal terminal;
    private final String token;
    private final List<String> channels;
    private final Map<String, String> lastSeenIds;
    private final boolean json;
    private final long count;
    private final CompletableFuture<Integer> end = new CompletableFuture<>();

    /** What has come of a message that comes in several fragments. */
    private final StringBuilder fragments = new StringBuilder();

    private final Map<String, Long> lastSeqs = new HashMap<>();
    private long printed;
    /** Set once this side has ended the connection: what the other side then says changes nothing any more. */
    private @Nullable Integer decidedExitCode;
    /** Whether the connection ended in a way after which a client should come back. */
    private volatile boolean comesBack;

    /**
     * A connection that is not open yet.
     *
     * @param lastSeenIds of each channel the id of the last message that was seen: with what came after it the subscription
     *     begins. This adds what it sees; nobody else uses it meanwhile.
     * @param count the messages after which it ends; 0 = never
     */
    Subscriber(
            Terminal terminal,
            String token,
            List<String> channels,
            Map<String, String> lastSeenIds,
            boolean json,
            long count) {
        this.terminal = terminal;
        this.token = token;
        this.channels = channels;
        this.lastSeenIds = lastSeenIds;
        this.json = json;
        this.count = count;
    }

    /** Waits until the connection is over, and returns the exit code. */
    int awaitEnd() throws InterruptedException {
        try {
            return end.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /** After {@link #awaitEnd}: whether a client should come back after such an end. */
    boolean comesBack() {
        return comesBack;
    }

    /** After {@link #awaitEnd}: how many messages were printed. */
    long printed() {
        return printed;
    }

    @Override
    public void onOpen(WebSocket socket) {
        // One after the other: a WebSocket takes no second text before the first is sent.
        CompletableFuture<WebSocket> sent = socket.sendText(request(AUTH_REQUEST, "auth", "token", token, ""), true);
        for (int i = 0; i < channels.size(); i++) {
            String request = subscribeRequest(i);
            sent = sent.thenCompose(open -> open.sendText(request, true));
        }
        socket.request(1);
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
        fragments.append(data);
        if (last) {
            String message = fragments.toString();
            fragments.setLength(0);
            onMessage(socket, message);
        }
        socket.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
        if (decidedExitCode != null) {
            end.complete(decidedExitCode);
            return null;
        }
        comesBack = comesBack(code);
        if (code == NO_CLOSE_FRAME) {
            terminal.err().println("connection lost: no close frame came: reconnect");
            end.complete(ExitCode.FAILED);
            return null;
        }
        terminal.err()
                .println("closed by the node: " + code + (reason.isEmpty() ? "" : " " + reason) + ": " + advice(code));
        end.complete(code == WebSocket.NORMAL_CLOSURE ? ExitCode.OK : ExitCode.FAILED);
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable failure) {
        if (decidedExitCode != null) {
            end.complete(decidedExitCode);
            return;
        }
        comesBack = true;
        terminal.err().println("connection lost: " + Main.reason(failure) + ": reconnect");
        end.complete(ExitCode.FAILED);
    }

    private void onMessage(WebSocket socket, String text) {
        try {
            onMessage(socket, ServerMessage.read(text), text);
        } catch (IOException e) {
            terminal.err().println("not understood: " + text);
        }
    }

    private void onMessage(WebSocket socket, ServerMessage message, String text) throws IOException {
        if (message instanceof ServerMessage.Broadcast broadcast) {
            onBroadcast(socket, broadcast, text);
        } else if (message instanceof ServerMessage.Success success) {
            onSuccess(success);
        } else if (message instanceof ServerMessage.Failure failure) {
            onFailure(socket, failure);
        } else {
            terminal.err().println("notification: " + text);
        }
    }

    private void onBroadcast(WebSocket socket, ServerMessage.Broadcast broadcast, String text) {
        if (count > 0 && printed == count) {
            return;
        }
        reportHole(broadcast);
        terminal.out()
                .println(
                        json
                                ? text
                                : String.join(
                                        "\t",
                                        broadcast.createTime(),
                                        broadcast.channel(),
                                        Long.toString(broadcast.seq()),
                                        broadcast.event(),
                                        broadcast.payloadJson()));
        printed++;
        lastSeenIds.put(broadcast.channel(), broadcast.id());
        if (printed == count) {
            end(socket, ExitCode.OK);
        }
    }

    /** PROTOCOL.md, section 4: the first seq is 1, each later one is 1 more, and what is missing was lost. */
    private void reportHole(ServerMessage.Broadcast broadcast) {
        Long previous = lastSeqs.put(broadcast.channel(), broadcast.seq());
        long first = previous == null ? 1 : previous + 1;
        long lost = broadcast.seq() - first;
        if (lost <= 0) {
            return;
        }
        String which = lost == 1 ? "seq " + first : "seq " + first + "-" + (broadcast.seq() - 1);
        terminal.err()
                .println("hole: " + lost + (lost == 1 ? " message" : " messages") + " of channel " + broadcast.channel()
                        + " lost (" + which + ")");
    }

    private void onSuccess(ServerMessage.Success success) throws IOException {
        if (success.requestId() < FIRST_SUBSCRIBE_REQUEST) {
            return;
        }
        String channel = channels.get((int) (success.requestId() - FIRST_SUBSCRIBE_REQUEST));
        Boolean recovered = success.historyRecovered();
        if (recovered == null) {
            terminal.err().println("subscribed: " + channel);
        } else if (recovered) {
            terminal.err().println("recovered: " + channel + ", what was missed follows");
        } else {
            terminal.err().println("history lost: " + channel + ", what was published meanwhile is not kept");
        }
    }

    private void onFailure(WebSocket socket, ServerMessage.Failure failure) {
        long channel = failure.requestId() - FIRST_SUBSCRIBE_REQUEST;
        String what =
                channel >= 0 && channel < channels.size() ? "channel " + channels.get((int) channel) : "the token";
        terminal.err().println("refused: " + what + ": " + failure.code() + ": " + failure.message());
        end(socket, ExitCode.FAILED);
    }

    private void end(WebSocket socket, int exitCode) {
        if (decidedExitCode != null) {
            return;
        }
        decidedExitCode = exitCode;
        // The program need not wait for the other side's close.
        var unused = socket.sendClose(WebSocket.NORMAL_CLOSURE, "")
                .whenComplete((closed, failure) -> end.complete(exitCode));
    }

    private String subscribeRequest(int i) {
        String channel = channels.get(i);
        String lastSeen = lastSeenIds.get(channel);
        String more = lastSeen == null ? "" : ",\"lastSeenMessageId\":" + JsonText.quote(lastSeen);
        return request(FIRST_SUBSCRIBE_REQUEST + i, "subscribe", "channel", channel, more);
    }

    private static String request(long id, String method, String name, String value, String moreParams) {
        return "{\"id\":" + id + ",\"method\":" + JsonText.quote(method) + ",\"params\":{" + JsonText.quote(name) + ":"
                + JsonText.quote(value) + moreParams + "}}";
    }

    private static boolean comesBack(int code) {
        return switch (code) {
            case 1001, 1005, 1006, 1011, 1013, 4408, 4409, 4429 -> true;
            default -> false;
        };
    }

    /** What PROTOCOL.md, section 7, tells a client to do. */
    private static String advice(int code) {
        return switch (code) {
            case 1000 -> "nothing to do";
            case 1001 -> "the node is going away; reconnect now";
            case 1002, 1003, 1007, 4400 -> "do not reconnect; this is a bug of the client";
            case 1009 -> "do not reconnect; a message was too large";
            case 1011, 1013 -> "reconnect, and wait longer each time";
            case 4401 -> "get a new token, then reconnect";
            case 4408 -> "reconnect";
            case 4409 -> "reconnect; this client read too slowly";
            case 4429 -> "reconnect, and wait longer each time; too many requests";
            default -> "reconnect";
        };
    }
}
