package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.time.Fatal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.ssl.SslConnection;

/**
 * The TLS handshakes of the public port. A ClientHello costs its sender nothing and the node a signature, so an address
 * has {@code MAX_HANDSHAKE_RATE} handshakes per second, and signatures are made on few threads of their own: they take
 * at most half of the processors, and never the time of an I/O thread. When {@value #MAX_WAITING} of them wait, the
 * connection that needs one more is closed.
 *
 * <p>Safe from any thread.
 */
final class TlsHandshakes implements Executor, AutoCloseable {
    /** They take less than the 5 s of a handshake, also on a JVM that has just started (7 ms each). */
    static final int MAX_WAITING = 512;

    private static final int IDLE_SECONDS = 10;

    private final SSLContext context;
    private final HandshakeRate rate;
    private final ClientAddresses addresses;
    private final Metrics metrics;
    private final ThreadPoolExecutor threads;

    /** Handshakes with {@code context}, with this number of threads for signatures. */
    TlsHandshakes(SSLContext context, HandshakeRate rate, ClientAddresses addresses, int threadCount, Metrics metrics) {
        this.context = context;
        this.rate = rate;
        this.addresses = addresses;
        this.metrics = metrics;
        AtomicInteger number = new AtomicInteger();
        this.threads = new ThreadPoolExecutor(
                threadCount,
                threadCount,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(MAX_WAITING),
                task -> {
                    Thread thread = new Thread(task, "broadcaster-handshakes-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    /** The number of threads on a machine with this number of processors. */
    static int threadCount(int processors) {
        return Math.max(1, processors / 2);
    }

    SSLContext context() {
        return context;
    }

    /**
     * Starts the deadline of the handshake of a connection that has just been accepted. False if the connection has been
     * closed instead, because its address makes too many. On the I/O thread of the connection.
     *
     * @param stated the address that a proxy has stated as that of the client, or null
     */
    boolean start(SslConnection connection, @Nullable InetAddress stated) {
        InetSocketAddress peer = connection.getPeerAddress(InetSocketAddress.class);
        InetAddress client = stated != null || peer == null ? stated : peer.getAddress();
        client = client == null ? null : addresses.ofPeer(client);
        if (client != null && !rate.take(client)) {
            metrics.countRefusal(Refusal.HANDSHAKE_RATE);
            IoUtils.safeClose(connection);
            return false;
        }
        HandshakeDeadline.start(connection, metrics);
        return true;
    }

    /**
     * Runs a step of a handshake that takes much CPU.
     *
     * @throws RejectedExecutionException if too many wait; then Undertow closes the connection
     */
    @Override
    public void execute(Runnable step) {
        try {
            threads.execute(Fatal.guarded(step));
        } catch (RejectedExecutionException e) {
            metrics.countRefusal(Refusal.TLS_HANDSHAKES);
            throw e;
        }
    }

    /** Ends the threads; handshakes that have begun are not completed. */
    @Override
    public void close() {
        threads.shutdownNow();
    }
}
