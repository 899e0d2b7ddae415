package dev.broadcaster.cli;

import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.ServerMessage;
import java.io.IOException;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One connection that authenticates, subscribes and prints. The methods of the listener are called one after the other,
 * and own its fields; {@link #awaitEnd} is for the thread that runs the command. A lock prevents that a message is
 * handled after that thread has given up the connection.
 */
final class Subscriber implements WebSocket.Listener {
    private static final long AUTH_REQUEST = 1;
    /** The request that subscribes to the first channel; the requests for the others follow. */
    private static final long FIRST_SUBSCRIBE_REQUEST = 2;
    /** The time that a ping may be late (PROTOCOL section 10). */
    private static final long SILENCE_SLACK_MILLIS = 10_000;

    private static final long CHECK_MILLIS = 500;
    /** The code of RFC 6455 for a connection that ends without a close frame. */
    private static final int NO_CLOSE_FRAME = 1006;

    private final Terminal terminal;
    private final String token;
    private final List<String> channels;
    private final Map<String, String> lastSeenIds;
    private final long count;
    private final boolean returns;
    private final CompletableFuture<Integer> end = new CompletableFuture<>();
    /** The part of a fragmented message that has arrived. */
    private final StringBuilder fragments = new StringBuilder();

    private final MessagePrinter printer;
    /** Set when this side has ended the connection: later input of the other side changes nothing. */
    private @Nullable Integer decidedExitCode;
    /** The action after the end of the connection; set before {@link #end} completes. */
    private volatile CloseAdvice.Action action = CloseAdvice.Action.STOP;

    private volatile @Nullable WebSocket open;
    private volatile long lastHeardNanos;
    /** The longest silence of a live node; 0 until the node has sent its ping interval. */
    private volatile long maxSilenceMillis;

    /**
     * A connection that is not open yet.
     *
     * @param lastSeenIds for each channel the id of the last seen message, after which the subscription starts. This
     *     object updates it; no other code uses it meanwhile.
     * @param count the number of messages after which it ends; 0 = never
     * @param returns true if another connection follows this one: then the position of each channel is requested, so
     *     that messages before the first one seen are recovered too
     */
    Subscriber(
            Terminal terminal,
            String token,
            List<String> channels,
            Map<String, String> lastSeenIds,
            boolean json,
            long count,
            boolean returns) {
        this.terminal = terminal;
        this.printer = new MessagePrinter(terminal, json);
        this.token = token;
        this.channels = channels;
        this.lastSeenIds = lastSeenIds;
        this.count = count;
        this.returns = returns;
    }

    /**
     * Waits until the connection has ended, and returns the exit code. A node that is silent for too long counts as
     * gone.
     */
    int awaitEnd() throws InterruptedException {
        long checkedNanos = System.nanoTime();
        while (true) {
            try {
                return end.get(CHECK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            } catch (TimeoutException e) {
                long now = System.nanoTime();
                if (TimeUnit.NANOSECONDS.toMillis(now - checkedNanos) > 4 * CHECK_MILLIS) {
                    heard(); // this process was suspended: the messages that the node sent meanwhile have not been read
                    // yet
                }
                checkedNanos = now;
                endIfSilent(now);
            }
        }
    }

    private synchronized void endIfSilent(long now) {
        long silentMillis = TimeUnit.NANOSECONDS.toMillis(now - lastHeardNanos);
        WebSocket socket = open;
        if (socket == null || end.isDone() || maxSilenceMillis == 0 || silentMillis < maxSilenceMillis) {
            return;
        }
        CloseAdvice advice = CloseAdvice.of(NO_CLOSE_FRAME);
        action = advice.action();
        terminal.err().println("connection lost: no message for " + silentMillis / 1000 + " s: " + advice.text());
        end.complete(ExitCode.FAILED);
        socket.abort();
    }

    /** The action of a client after this end; call after {@link #awaitEnd}. */
    CloseAdvice.Action action() {
        return action;
    }

    /** The number of printed messages; call after {@link #awaitEnd}. */
    long printed() {
        return printer.printed();
    }

    @Override
    public void onOpen(WebSocket socket) {
        // One after the other: a WebSocket accepts no second text before the first is sent.
        open = socket;
        heard();
        CompletableFuture<WebSocket> sent = socket.sendText(ClientRequests.auth(AUTH_REQUEST, token), true);
        for (int i = 0; i < channels.size(); i++) {
            String channel = channels.get(i);
            String request =
                    ClientRequests.subscribe(FIRST_SUBSCRIBE_REQUEST + i, channel, lastSeenIds.get(channel), returns);
            sent = sent.thenCompose(open -> open.sendText(request, true));
        }
        socket.request(1);
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
        heard();
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
    public @Nullable CompletionStage<?> onPing(WebSocket socket, ByteBuffer message) {
        heard(); // the JDK answers it
        socket.request(1);
        return null;
    }

    private void heard() {
        lastHeardNanos = System.nanoTime();
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
        if (decidedExitCode != null) {
            end.complete(decidedExitCode);
            return null;
        }
        CloseAdvice advice = CloseAdvice.of(code);
        action = advice.action();
        if (code == NO_CLOSE_FRAME) {
            terminal.err().println("connection lost: no close frame: " + advice.text());
            end.complete(ExitCode.FAILED);
            return null;
        }
        terminal.err()
                .println("closed by the node: " + code + (reason.isEmpty() ? "" : " " + reason) + ": " + advice.text());
        end.complete(code == WebSocket.NORMAL_CLOSURE ? ExitCode.OK : ExitCode.FAILED);
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable failure) {
        if (end.isDone()) {
            return; // closed by this side
        }
        if (decidedExitCode != null) {
            end.complete(decidedExitCode);
            return;
        }
        CloseAdvice advice = CloseAdvice.of(NO_CLOSE_FRAME);
        action = advice.action();
        terminal.err().println("connection lost: " + Main.reason(failure) + ": " + advice.text());
        end.complete(ExitCode.FAILED);
    }

    private synchronized void onMessage(WebSocket socket, String text) {
        if (end.isDone()) {
            return; // the next connection may be using the ids already
        }
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
        if (count > 0 && printer.printed() == count) {
            return;
        }
        printer.print(broadcast, text);
        lastSeenIds.put(broadcast.channel(), broadcast.id());
        if (printer.printed() == count) {
            end(socket, ExitCode.OK);
        }
    }

    private void onSuccess(ServerMessage.Success success) throws IOException {
        if (success.requestId() == AUTH_REQUEST) {
            long pingMillis = success.pingIntervalMillis();
            maxSilenceMillis = pingMillis > 0 ? pingMillis + SILENCE_SLACK_MILLIS : 0;
        }
        int channel = (int) (success.requestId() - FIRST_SUBSCRIBE_REQUEST);
        if (channel >= 0 && channel < channels.size()) {
            onSubscribed(channels.get(channel), success);
        }
    }

    private void onSubscribed(String channel, ServerMessage.Success success) throws IOException {
        Boolean recovered = success.historyRecovered();
        if (recovered == null) {
            terminal.err().println("subscribed: " + channel);
        } else if (recovered) {
            terminal.err().println("recovered: " + channel + ", " + replay(success.recoveredMessages()));
            return; // the replay moves the position
        } else {
            terminal.err().println("history lost: " + channel + ", messages of the meantime are no longer kept");
        }
        String position = success.lastMessageId();
        if (!position.isEmpty()) {
            lastSeenIds.put(channel, position);
        }
    }

    private static String replay(@Nullable Long count) {
        if (count == null) {
            return "the missed messages follow"; // an older node without this field
        }
        if (count == 0) {
            return "no message was missed";
        }
        return count == 1 ? "1 missed message follows" : count + " missed messages follow";
    }

    private void onFailure(WebSocket socket, ServerMessage.Failure failure) {
        long channel = failure.requestId() - FIRST_SUBSCRIBE_REQUEST;
        String what =
                channel >= 0 && channel < channels.size() ? "channel " + channels.get((int) channel) : "the token";
        terminal.err().println("refused: " + what + ": " + failure.code() + ": " + failure.message());
        if (failure.code().equals(ErrorCode.INTERNAL.wireName())) {
            action = CloseAdvice.Action.BACKOFF; // the node could not subscribe now
        }
        end(socket, ExitCode.FAILED);
    }

    private void end(WebSocket socket, int exitCode) {
        if (decidedExitCode != null) {
            return;
        }
        decidedExitCode = exitCode;
        // The program need not wait for the close of the other side.
        var unused = socket.sendClose(WebSocket.NORMAL_CLOSURE, "")
                .whenComplete((closed, failure) -> end.complete(exitCode));
    }
}
