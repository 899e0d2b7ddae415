package dev.broadcaster.client;

import java.net.http.WebSocket;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes the messages of one WebSocket, which takes one at a time, and a close frame after them. Safe for use by several
 * threads.
 */
final class HttpWriter {
    /** Called without a lock when a write has failed. */
    private final Consumer<Throwable> onFailed;

    /** Guarded by this. */
    private final ArrayDeque<String> queue = new ArrayDeque<>();
    /** Characters in the queue and in flight. Guarded by this. */
    private long waiting;
    /** True while a message is in flight. Guarded by this. */
    private boolean writing;
    /** Null until the handshake has succeeded. Guarded by this. */
    private @Nullable WebSocket webSocket;
    /** True when no more messages are taken. Guarded by this. */
    private boolean over;
    /** A close frame that follows the waiting messages. Guarded by this. */
    private @Nullable Close close;

    private record Close(int code, String reason) {}

    HttpWriter(Consumer<Throwable> onFailed) {
        this.onFailed = onFailed;
    }

    synchronized void open(WebSocket opened) {
        webSocket = opened;
    }

    void send(String text) {
        synchronized (this) {
            if (over) {
                return;
            }
            queue.add(text);
            waiting += text.length();
        }
        write();
    }

    synchronized long waiting() {
        return waiting;
    }

    /** Takes no more messages, and writes a close frame after those that wait. */
    void close(int code, String reason) {
        synchronized (this) {
            over = true;
            close = new Close(code, reason);
        }
        write();
    }

    /** Takes no more messages, and forgets those that wait. */
    synchronized void end() {
        over = true;
        queue.clear();
    }

    /** Writes the waiting messages, until a write does not complete at once. */
    private void write() {
        for (; ; ) {
            WebSocket to;
            String text;
            Close last = null;
            synchronized (this) {
                to = webSocket;
                if (writing || to == null) {
                    return;
                }
                text = queue.poll();
                if (text == null) {
                    last = close;
                    close = null;
                    if (last == null) {
                        return;
                    }
                }
                writing = true;
            }
            int characters = text == null ? 0 : text.length();
            CompletableFuture<WebSocket> written = text != null
                    ? to.sendText(text, true)
                    : to.sendClose(last == null ? Backoff.ABNORMAL : last.code, last == null ? "" : last.reason);
            if (!written.isDone()) {
                var unused = written.handle((ok, error) -> {
                    if (onWritten(characters, error)) {
                        write();
                    }
                    return ok;
                });
                return;
            }
            Throwable error = written.isCompletedExceptionally()
                    ? written.handle((ok, e) -> e).join()
                    : null;
            if (!onWritten(characters, error)) {
                return;
            }
        }
    }

    /** Returns true if the next one may be written. */
    private boolean onWritten(int characters, @Nullable Throwable error) {
        synchronized (this) {
            writing = false;
            waiting -= characters;
        }
        if (error != null) {
            onFailed.accept(error);
        }
        return error == null;
    }
}
