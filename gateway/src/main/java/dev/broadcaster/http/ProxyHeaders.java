package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.time.Fatal;
import dev.broadcaster.websocket.IoThreads;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelListener;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;
import org.xnio.conduits.ConduitStreamSourceChannel;

/**
 * Reads the {@link ProxyHeader} of connections from trusted proxies, before TLS ({@code PROXY_PROTOCOL}). A connection
 * without a header, with a malformed one, or with one that is not complete {@value #TIMEOUT_SECONDS} s after it was
 * accepted, is closed. Other addresses cannot name a client: their connections have no header. Undertow's own reader
 * does not support version 2, and has neither a deadline nor a list of proxies.
 *
 * <p>Called on the I/O thread of the connection.
 */
final class ProxyHeaders {
    static final int TIMEOUT_SECONDS = 5;

    /** Gets the connections whose next byte is that of the client. */
    interface Next {
        /** {@code client} is the address that a proxy has stated, or null. */
        void open(StreamConnection connection, @Nullable InetAddress client);
    }

    private final ClientAddresses addresses;
    private final HttpSockets sockets;
    private final Audit audit;
    private final Metrics metrics;

    ProxyHeaders(ClientAddresses addresses, HttpSockets sockets, Audit audit, Metrics metrics) {
        this.addresses = addresses;
        this.sockets = sockets;
        this.audit = audit;
        this.metrics = metrics;
    }

    /** Reads the header of a connection that was just accepted, if it has one, and passes the connection on. */
    void read(StreamConnection connection, Next next) {
        InetSocketAddress peer = connection.getPeerAddress(InetSocketAddress.class);
        if (peer == null) {
            IoUtils.safeClose(connection); // it is closed already
            return;
        }
        if (!addresses.isTrusted(peer.getAddress())) {
            next.open(connection, null);
            return;
        }
        HttpSocket socket = sockets.open(connection);
        if (connection.isOpen()) {
            new Reading(connection, socket, peer.getAddress(), next).begin();
        }
    }

    /** One header. Owned by the connection's I/O thread. */
    private final class Reading implements ChannelListener<ConduitStreamSourceChannel> {
        private final StreamConnection connection;
        private final HttpSocket socket; // until the header is complete
        private final InetAddress proxy;
        private final Next next;
        private final ProxyHeader header = new ProxyHeader();
        private XnioExecutor.@Nullable Key deadline; // while the rest of the header is outstanding

        Reading(StreamConnection connection, HttpSocket socket, InetAddress proxy, Next next) {
            this.connection = connection;
            this.socket = socket;
            this.proxy = proxy;
            this.next = next;
        }

        void begin() {
            connection.getSourceChannel().setReadListener(this);
            handleEvent(connection.getSourceChannel()); // nearly always it has arrived
        }

        @Override
        public void handleEvent(ConduitStreamSourceChannel source) {
            try {
                while (!header.isComplete()) {
                    int count = source.read(header.room());
                    if (count <= 0) {
                        onNothing(source, count < 0);
                        return;
                    }
                    socket.onBytes();
                    socket.onRead(count);
                    header.onBytes();
                }
            } catch (ProtocolException e) {
                refuse(String.valueOf(e.getMessage()));
                return;
            } catch (IOException e) {
                close(); // the connection is lost
                return;
            }
            cancelDeadline();
            source.suspendReads();
            source.setReadListener(null);
            socket.end();
            next.open(connection, header.client());
        }

        private void onNothing(ConduitStreamSourceChannel source, boolean ended) {
            if (!ended) {
                source.resumeReads();
                startDeadline();
            } else if (header.hasBegun()) {
                refuse("PROXY header: incomplete");
            } else {
                close(); // a health check of the port
            }
        }

        private void startDeadline() {
            if (deadline != null) {
                return;
            }
            WeakReference<Reading> reading = new WeakReference<>(this); // a closed connection is not kept for it
            try {
                deadline = connection
                        .getIoThread()
                        .executeAfter(
                                () -> {
                                    Reading late = reading.get();
                                    if (late != null) {
                                        late.onDeadline();
                                    }
                                },
                                TIMEOUT_SECONDS,
                                TimeUnit.SECONDS);
            } catch (RejectedExecutionException e) {
                close(); // the thread ends
            }
        }

        private void onDeadline() {
            // The thread may have been too busy to read: handle the received bytes first.
            IoThreads.executeLater(Fatal.guarded(() -> {
                if (deadline != null && connection.isOpen()) {
                    refuse("PROXY header: not complete in time");
                }
            }));
        }

        private void cancelDeadline() {
            if (deadline != null) {
                deadline.remove();
                deadline = null;
            }
        }

        private void refuse(String reason) {
            metrics.countRefusal(Refusal.PROXY_HEADER);
            if (header.hasBegun()) { // a proxy may send its header with the first bytes of a silent client
                audit.onConnectionRefused(proxy, reason);
            }
            close();
        }

        private void close() {
            cancelDeadline();
            IoUtils.safeClose(connection);
            socket.end();
        }
    }
}
