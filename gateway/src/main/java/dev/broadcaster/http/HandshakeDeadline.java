package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.time.Fatal;
import dev.broadcaster.websocket.IoThreads;
import java.lang.ref.WeakReference;
import java.util.concurrent.TimeUnit;
import org.xnio.IoUtils;
import org.xnio.XnioExecutor;
import org.xnio.ssl.SslConnection;

/**
 * Cuts a TLS connection whose handshake is not complete {@value #TIMEOUT_SECONDS} s after it was accepted, even if
 * bytes keep arriving. Owned by the connection's I/O thread.
 */
final class HandshakeDeadline implements Runnable {
    static final int TIMEOUT_SECONDS = 5;

    private final WeakReference<SslConnection> connection; // weak, so that a closed connection can be collected
    private final Metrics metrics;
    private boolean complete;

    private HandshakeDeadline(SslConnection connection, Metrics metrics) {
        this.connection = new WeakReference<>(connection);
        this.metrics = metrics;
    }

    /** Starts the timeout for the handshake of a connection that has just been accepted. */
    static void start(SslConnection connection, Metrics metrics) {
        HandshakeDeadline deadline = new HandshakeDeadline(connection, metrics);
        XnioExecutor.Key timer = connection.getIoThread().executeAfter(deadline, TIMEOUT_SECONDS, TimeUnit.SECONDS);
        connection.getHandshakeSetter().set(complete -> {
            deadline.complete = true;
            timer.remove();
        });
    }

    @Override
    public void run() {
        IoThreads.executeLater(Fatal.guarded(this::cut)); // the thread may have been too busy to read
    }

    private void cut() {
        SslConnection unfinished = connection.get();
        if (!complete && unfinished != null && unfinished.isOpen()) {
            metrics.countRefusal(Refusal.SLOW_TLS_HANDSHAKE);
            IoUtils.safeClose(unfinished);
        }
    }
}
