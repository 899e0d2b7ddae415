package dev.broadcaster.http;

import io.undertow.connector.ByteBufferPool;
import io.undertow.protocols.ssl.UndertowXnioSsl;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.server.HttpHandler;
import io.undertow.server.protocol.http.HttpOpenListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelListener;
import org.xnio.ChannelListeners;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.StreamConnection;
import org.xnio.XnioWorker;
import org.xnio.channels.AcceptingChannel;
import org.xnio.ssl.SslConnection;

/**
 * Listens at one address and passes each connection to Undertow, with a {@link RequestSource} and an {@link AnswerSink}
 * under it and, over TLS, {@link TlsHandshakes} beside it. {@code io.undertow.Undertow} does not support these.
 */
final class Listener implements AutoCloseable {
    private final XnioWorker worker;
    private final OptionMap socketOptions;
    private final String host;
    private final int port;
    private final @Nullable TlsHandshakes tls;
    private final @Nullable UndertowXnioSsl ssl; // null for plain HTTP
    private final @Nullable ProxyHeaders proxies;
    private final HttpOpenListener http;
    private final HttpSockets sockets;
    private final UnreadAnswers answers;
    private @Nullable AcceptingChannel<? extends StreamConnection> channel; // by the thread that starts and closes

    /**
     * A listener that listens when {@link #start} has been called.
     *
     * @param tls null for plain HTTP
     * @param proxies null if no connection has a PROXY header
     */
    Listener(
            XnioWorker worker,
            OptionMap socketOptions,
            OptionMap httpOptions,
            ByteBufferPool buffers,
            String host,
            int port,
            @Nullable TlsHandshakes tls,
            @Nullable ProxyHeaders proxies,
            HttpHandler root,
            HttpSockets sockets,
            UnreadAnswers answers) {
        this.worker = worker;
        this.socketOptions = OptionMap.builder()
                .set(Options.WORKER_IO_THREADS, worker.getIoThreadCount())
                .set(Options.TCP_NODELAY, true)
                .set(Options.REUSE_ADDRESSES, true)
                .set(Options.BALANCING_TOKENS, 1)
                .set(Options.BALANCING_CONNECTIONS, 2)
                .addAll(socketOptions)
                .getMap();
        this.host = host;
        this.port = port;
        this.tls = tls;
        this.ssl = tls == null
                ? null
                : new UndertowXnioSsl(
                        worker.getXnio(), OptionMap.create(Options.USE_DIRECT_BUFFERS, true), tls.context(), tls);
        this.proxies = proxies;
        this.http = new HttpOpenListener(buffers, httpOptions);
        http.setRootHandler(root);
        this.sockets = sockets;
        this.answers = answers;
    }

    private void onAccepted(StreamConnection connection) {
        if (proxies == null) {
            open(connection, null);
        } else {
            proxies.read(connection, this::openBehindProxy);
        }
    }

    private void openBehindProxy(StreamConnection connection, @Nullable InetAddress client) {
        if (ssl == null) {
            open(connection, client);
            return;
        }
        open(ssl.wrapExistingConnection(connection, OptionMap.EMPTY, false), client);
    }

    private void open(StreamConnection connection, @Nullable InetAddress client) {
        if (tls != null && !tls.start((SslConnection) connection, client)) {
            return;
        }
        HttpSocket socket = sockets.open(connection);
        if (!connection.isOpen()) {
            return;
        }
        socket.onProxy(client);
        RequestSource.install(connection, socket);
        AnswerSink sink = AnswerSink.install(connection, answers);
        http.handleEvent(connection);
        socket.watch(sink);
    }

    /** The buffers that Undertow would use for a heap of this size. */
    static ByteBufferPool buffers() {
        long heap = Runtime.getRuntime().maxMemory();
        int bufferBytes = heap < 64 << 20 ? 512 : heap < 128 << 20 ? 1024 : 16 * 1024 - 20;
        return new DefaultByteBufferPool(heap >= 64 << 20, bufferBytes, -1, 4);
    }

    /**
     * Starts to listen.
     *
     * @throws IOException if the port is already used
     */
    void start() throws IOException {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(host), port);
        ChannelListener<StreamConnection> accepted = this::onAccepted;
        channel = ssl == null || proxies != null // a PROXY header comes before TLS
                ? worker.createStreamConnectionServer(
                        address, ChannelListeners.openListenerAdapter(accepted), socketOptions)
                : ssl.createSslConnectionServer(
                        worker, address, ChannelListeners.openListenerAdapter(accepted), socketOptions);
        channel.resumeAccepts();
    }

    /** The port, the real one if a free one was requested. */
    int port() {
        if (channel == null) {
            throw new IllegalStateException("not started");
        }
        return channel.getLocalAddress(InetSocketAddress.class).getPort();
    }

    /** Stops listening; open connections continue. */
    @Override
    public void close() {
        IoUtils.safeClose(channel);
    }
}
