package dev.broadcaster.client;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One WebSocket: its handshake, joined fragments, reading that can be paused, and its end. */
final class HttpSocket implements Transport.Socket, WebSocket.Listener {
    /** The largest message that is read: a larger one is a fault, not a broadcast. */
    private static final int MOST_CHARACTERS = 8 * 1024 * 1024;

    private static final long CLOSE_MILLIS = 1000;

    private final Transport.Listener listener;
    private final AtomicInteger open;
    private final AtomicBoolean gone = new AtomicBoolean();
    /** Parts of the message that is being received. Owned by the calls of the WebSocket, which come one by one. */
    private final StringBuilder parts = new StringBuilder();

    private final HttpWriter writer = new HttpWriter(this::onUnwritten);
    /** Null until the handshake has succeeded. Guarded by this. */
    private @Nullable WebSocket webSocket;
    /** True when the owner needs no more events, or there are none. Guarded by this. */
    private boolean over;
    /** Releases a socket whose peer does not answer the close frame. Guarded by this. */
    private Clock.@Nullable Cancel closing;
    /** Guarded by this. */
    private boolean reading = true;
    /** True if the next message was not requested from the WebSocket, because reading is paused. Guarded by this. */
    private boolean held;

    private final CompletableFuture<@Nullable Void> released = new CompletableFuture<>();

    /** Of {@link #roundTrip}. */
    private volatile @Nullable CompletableFuture<@Nullable Void> pong;

    HttpSocket(Transport.Listener listener, AtomicInteger open) {
        this.listener = listener;
        this.open = open;
    }

    /** The connection is gone, or never was. */
    private void onGone() {
        if (!gone.getAndSet(true)) {
            open.decrementAndGet();
            Clock.Cancel timer;
            synchronized (this) {
                timer = closing;
            }
            if (timer != null) {
                timer.cancel();
            }
            released.complete(null);
        }
    }

    @Override
    public CompletionStage<?> released() {
        return released;
    }

    @Nullable
    WebSocket onHandshakeFailed(Throwable thrown) {
        released.complete(null);
        Throwable error =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        if (finish()) {
            if (error instanceof WebSocketHandshakeException refused && refused.getResponse() != null) {
                HttpResponse<?> response = refused.getResponse();
                listener.onRefused(response.statusCode(), HttpFailures.retryAfterMillis(response));
            } else {
                listener.onClose(Backoff.ABNORMAL, HttpFailures.describe(error));
            }
        }
        return null;
    }

    /** Returns true the first time: the listener is called, and nothing after that. */
    private synchronized boolean finish() {
        boolean first = !over;
        over = true;
        writer.end();
        return first;
    }

    private synchronized boolean isOver() {
        return over;
    }

    @Override
    public void onOpen(WebSocket opened) {
        boolean late;
        open.incrementAndGet();
        writer.open(opened);
        synchronized (this) {
            webSocket = opened;
            late = over;
        }
        if (late) {
            drop();
        } else {
            listener.onOpen();
            opened.request(1);
        }
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        if (isOver()) {
            from.request(1); // The next event may be the answer to our close frame.
            return null;
        }
        if (parts.length() + data.length() > MOST_CHARACTERS) {
            parts.setLength(0);
            listener.onUnreadable("a message of over " + MOST_CHARACTERS + " characters");
            from.request(1);
            return null;
        }
        parts.append(data);
        if (!last) {
            from.request(1);
            return null;
        }
        String text = parts.toString();
        parts.setLength(0);
        listener.onText(text);
        next(from);
        return null;
    }

    private void next(WebSocket from) {
        synchronized (this) {
            held = !reading && !over;
            if (held) {
                return;
            }
        }
        from.request(1);
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
        if (!isOver()) {
            listener.onUnreadable("a binary message");
        }
        from.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        onGone();
        if (finish()) {
            listener.onClose(code, reason);
        }
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPong(WebSocket from, ByteBuffer message) {
        var answered = pong;
        if (answered != null) {
            answered.complete(null);
        }
        from.request(1);
        return null;
    }

    /**
     * For tests: completes when the listener has received everything that the node had sent. For one caller at a time,
     * and only after the handshake.
     */
    CompletableFuture<@Nullable Void> roundTrip() {
        var answer = new CompletableFuture<@Nullable Void>();
        WebSocket to;
        synchronized (this) {
            to = webSocket;
        }
        pong = answer;
        if (to != null) {
            var unused = to.sendPing(ByteBuffer.allocate(0));
        }
        return answer;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
        onGone();
        if (finish()) {
            listener.onClose(Backoff.ABNORMAL, HttpFailures.describe(error));
        }
    }

    @Override
    public void send(String text) {
        writer.send(text);
    }

    @Override
    public long waiting() {
        return writer.waiting();
    }

    private void onUnwritten(Throwable error) {
        if (finish()) {
            drop();
            listener.onClose(
                    Backoff.ABNORMAL,
                    HttpFailures.describe(error instanceof IOException ? error : new IOException(error)));
        }
    }

    private void drop() {
        WebSocket dropped;
        synchronized (this) {
            dropped = webSocket;
        }
        if (dropped != null) {
            dropped.abort();
            onGone();
        }
    }

    @Override
    public void read(boolean on) {
        WebSocket from;
        synchronized (this) {
            reading = on;
            if (!on || !held) {
                return;
            }
            held = false;
            from = webSocket;
        }
        if (from != null) {
            from.request(1);
        }
    }

    @Override
    public void close(int code, String reason) {
        synchronized (this) {
            if (over) {
                drop();
                return;
            }
            over = true;
        }
        read(true);
        writer.close(code, reason);
        var timer = SharedThreads.CLOCK.schedule(CLOSE_MILLIS, this::drop);
        synchronized (this) {
            closing = timer;
        }
        if (gone.get()) {
            timer.cancel();
        }
    }

    @Override
    public void abort() {
        finish();
        drop();
    }
}
