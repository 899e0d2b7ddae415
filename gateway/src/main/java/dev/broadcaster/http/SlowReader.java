package dev.broadcaster.http;

import dev.broadcaster.time.Fatal;
import dev.broadcaster.websocket.IoThreads;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;

/**
 * Closes a connection whose client does not read its responses: bytes wait for the socket, and the socket has taken
 * none of them for {@value #TIMEOUT_SECONDS} s. Each byte that the socket takes restarts the time, so a client that
 * reads slowly but steadily stays. Owned by the connection's I/O thread.
 */
final class SlowReader {
    private static final int TIMEOUT_SECONDS = 10;

    private final StreamConnection connection;
    private final UnreadAnswers answers;
    private XnioExecutor.@Nullable Key timer; // set while bytes wait for the socket

    SlowReader(StreamConnection connection, UnreadAnswers answers) {
        this.connection = connection;
        this.answers = answers;
    }

    StreamConnection connection() {
        return connection;
    }

    UnreadAnswers answers() {
        return answers;
    }

    /** Bytes wait for the socket. */
    void onWaiting() {
        if (timer == null) {
            try {
                timer = connection.getIoThread().executeAfter(this::onTimeout, TIMEOUT_SECONDS, TimeUnit.SECONDS);
            } catch (RejectedExecutionException e) {
                IoUtils.safeClose(connection); // the thread ends
            }
        }
    }

    /** The socket has taken some bytes. */
    void onTaken() {
        if (timer != null) {
            onNothingWaiting();
            onWaiting();
        }
    }

    /** The socket has taken everything. */
    void onNothingWaiting() {
        if (timer != null) {
            timer.remove();
            timer = null;
        }
    }

    private void onTimeout() {
        XnioExecutor.Key expired = timer;
        // The thread may have been too busy to write: handle ready sockets first.
        IoThreads.executeLater(Fatal.guarded(() -> {
            if (timer != null && timer == expired && connection.isOpen()) {
                timer = null;
                answers.countSlowReader();
                IoUtils.safeClose(connection);
            }
        }));
    }
}
