package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;

/**
 * Closes a connection whose client does not read its answers: bytes wait for the socket, and the socket has taken none of
 * them for {@value #TIMEOUT_SECONDS} s. Each byte that the socket takes starts the time again, so a client that reads slowly
 * but steadily stays. Owned by the connection's I/O thread.
 */
final class SlowReader {
    private static final int TIMEOUT_SECONDS = 10;

    private final StreamConnection connection;
    private final Metrics metrics;
    private XnioExecutor.@Nullable Key timer; // set while bytes wait for the socket

    SlowReader(StreamConnection connection, Metrics metrics) {
        this.connection = connection;
        this.metrics = metrics;
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
        timer = null;
        if (connection.isOpen()) {
            metrics.countRefusal(Refusal.SLOW_READER);
            IoUtils.safeClose(connection);
        }
    }
}
