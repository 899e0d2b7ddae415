package dev.broadcaster.testing;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One client of a {@link Swarm}. It counts broadcasts and holes in {@code seq}; its habits determine the reaction to
 * pings and closes. Methods are for any thread; fields are owned by the swarm's.
 */
public final class SwarmClient {
    /** An end without a close frame: EOF or a reset. */
    static final int NO_CLOSE_FRAME = 1006;

    private static final Pattern SEQ = Pattern.compile("\"seq\":(\\d+)");

    /** The behaviour of a client; {@code receiveBufferBytes} 0 = the default of the system. */
    public record Habits(boolean answersPings, boolean answersCloses, int receiveBufferBytes) {
        static final Habits DECENT = new Habits(true, true, 0);
    }

    /** The end of a connection, and the time when the client saw it ({@code System.nanoTime()}). */
    public record Ending(int code, String reason, long nanos) {}

    private final Swarm swarm;
    private final Habits habits;
    private final Consumer<String> onBroadcast; // called on the swarm's thread
    private final CompletableFuture<Void> opened = new CompletableFuture<>();
    private final CompletableFuture<Ending> ended = new CompletableFuture<>();
    private final CompletableFuture<Long> socketEnded = new CompletableFuture<>();
    private CompletableFuture<String> reply = new CompletableFuture<>();
    private SocketChannel channel;
    private SelectionKey key;
    private ByteBuffer rest = ByteBuffer.allocate(0); // the start of a frame
    private ByteBuffer unsent = ByteBuffer.allocate(0);
    private boolean upgraded;
    private boolean paused;
    private boolean closeSent;
    private volatile long received;
    private volatile long lastSeq;
    private volatile long holes;
    private volatile long pings;

    SwarmClient(Swarm swarm, Habits habits, Consumer<String> onBroadcast) {
        this.swarm = swarm;
        this.habits = habits;
        this.onBroadcast = onBroadcast;
    }

    /** Complete when the 101 has arrived. */
    public CompletableFuture<Void> opened() {
        return opened;
    }

    /** Complete when a close frame has arrived, or the socket has ended without one. */
    public CompletableFuture<Ending> ended() {
        return ended;
    }

    /** Complete when the node has ended the socket: {@code System.nanoTime()} of the EOF or the reset. */
    public CompletableFuture<Long> socketEnded() {
        return socketEnded;
    }

    /** The number of received broadcasts. */
    public long received() {
        return received;
    }

    public long lastSeq() {
        return lastSeq;
    }

    /** The number of times that {@code seq} was not the last one + 1. */
    public long holes() {
        return holes;
    }

    public long pings() {
        return pings;
    }

    /** Authenticates and subscribes; complete when the reply to the subscription has arrived. */
    public CompletableFuture<SwarmClient> subscribe(String token, String channelName) {
        return opened.thenCompose(
                        x -> request("{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + token + "\"}}"))
                .thenCompose(x ->
                        request("{\"id\":2,\"method\":\"subscribe\",\"params\":{\"channel\":\"" + channelName + "\"}}"))
                .thenApply(answer -> {
                    if (!answer.contains("subscriptionId")) {
                        throw new IllegalStateException(answer);
                    }
                    return this;
                });
    }

    /** Sends a request; the next message that is not a broadcast is its reply. */
    public CompletableFuture<String> request(String json) {
        CompletableFuture<String> answer = new CompletableFuture<>();
        swarm.execute(() -> {
            reply = answer;
            if (ended.isDone()) {
                answer.completeExceptionally(new IOException("ended: " + ended.join()));
                return;
            }
            write(Frame.text(json));
        });
        return answer;
    }

    /** Closes with 1000. */
    public void sayGoodBye() {
        swarm.execute(() -> {
            closeSent = true;
            write(Frame.close(1000, ""));
        });
    }

    /** Sends raw bytes. */
    public void sendRaw(byte... bytes) {
        swarm.execute(() -> write(ByteBuffer.wrap(bytes)));
    }

    /** Leaves without a close frame: FIN, or RST if {@code abruptly}. */
    public void vanish(boolean abruptly) {
        swarm.execute(() -> {
            if (channel == null || !channel.isOpen()) {
                return;
            }
            try {
                if (abruptly) {
                    channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                }
            } catch (IOException e) {
                // it has gone already
            }
            end(NO_CLOSE_FRAME, "left", System.nanoTime());
        });
    }

    /** Reads no more until {@link #resume}. */
    public void pause() {
        swarm.execute(() -> {
            paused = true;
            interest();
        });
    }

    public void resume() {
        swarm.execute(() -> {
            paused = false;
            interest();
        });
    }

    // ---- On the swarm's thread

    void attach(SocketChannel socket, SelectionKey itsKey) {
        channel = socket;
        key = itsKey;
    }

    void onConnected() throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        write(ByteBuffer.wrap(Handshake.request()));
    }

    void onReady() {
        try {
            if (key.isConnectable() && channel.finishConnect()) {
                onConnected();
            }
            if (key.isValid() && key.isWritable()) {
                write(ByteBuffer.allocate(0));
            }
            if (key.isValid() && key.isReadable()) {
                read();
            }
        } catch (IOException e) {
            onFailed(e);
        }
    }

    void onFailed(IOException e) {
        end(NO_CLOSE_FRAME, String.valueOf(e.getMessage()), System.nanoTime());
    }

    private void read() throws IOException {
        ByteBuffer input = swarm.input().clear();
        input.put(rest);
        int count = channel.read(input);
        if (count < 0) {
            end(NO_CLOSE_FRAME, "EOF", System.nanoTime());
            return;
        }
        input.flip();
        if (!upgraded) {
            upgrade(input);
        }
        while (upgraded && takeFrame(input)) {
            // the next
        }
        rest = ByteBuffer.allocate(input.remaining()).put(input).flip();
    }

    private void upgrade(ByteBuffer input) throws IOException {
        String head = StandardCharsets.ISO_8859_1.decode(input.duplicate()).toString();
        int end = head.indexOf("\r\n\r\n");
        if (end < 0) {
            return;
        }
        if (!head.startsWith("HTTP/1.1 101")) {
            throw new IOException("no 101: " + head.lines().findFirst().orElse(""));
        }
        input.position(input.position() + end + 4);
        upgraded = true;
        opened.complete(null);
    }

    private boolean takeFrame(ByteBuffer input) throws IOException {
        Frame frame = channel.isOpen() ? Frame.next(input) : null;
        if (frame == null) {
            return false;
        }
        onFrame(frame);
        return true;
    }

    private void onFrame(Frame frame) {
        switch (frame.opcode()) {
            case Frame.TEXT -> onText(frame.text());
            case Frame.PING -> {
                pings++;
                if (habits.answersPings()) {
                    write(Frame.of(Frame.PONG, frame.payload()));
                }
            }
            case Frame.CLOSE -> {
                ended.complete(new Ending(frame.closeCode(), frame.closeReason(), System.nanoTime()));
                if (habits.answersCloses() && !closeSent) {
                    closeSent = true;
                    write(Frame.close(frame.payload()));
                }
            }
            default -> throw new IllegalStateException("opcode " + frame.opcode());
        }
    }

    private void onText(String text) {
        if (!text.startsWith("{\"method\":\"broadcast\"")) {
            reply.complete(text);
            return;
        }
        Matcher matcher = SEQ.matcher(text);
        if (!matcher.find()) {
            throw new IllegalStateException(text);
        }
        long seq = Long.parseLong(matcher.group(1));
        if (seq != lastSeq + 1) {
            holes++;
        }
        lastSeq = seq;
        received++;
        onBroadcast.accept(text);
    }

    private void write(Frame frame) {
        write(ByteBuffer.wrap(frame.bytes()));
    }

    private void write(ByteBuffer bytes) {
        if (channel == null || !channel.isOpen()) {
            return;
        }
        try {
            ByteBuffer all = ByteBuffer.allocate(unsent.remaining() + bytes.remaining())
                    .put(unsent)
                    .put(bytes)
                    .flip();
            channel.write(all);
            unsent = all;
            interest();
        } catch (IOException e) {
            if (paused || !habits.answersCloses()) {
                return; // reading will detect it
            }
            onFailed(e);
        }
    }

    private void interest() {
        if (key != null && key.isValid() && channel.isConnected()) {
            key.interestOps((paused ? 0 : SelectionKey.OP_READ) | (unsent.hasRemaining() ? SelectionKey.OP_WRITE : 0));
        }
    }

    private void end(int code, String reason, long nanos) {
        rest = ByteBuffer.allocate(0);
        opened.completeExceptionally(new IOException(reason));
        ended.complete(new Ending(code, reason, nanos));
        socketEnded.complete(nanos);
        reply.completeExceptionally(new IOException(reason));
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // it has gone
        }
    }
}
