package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import io.undertow.conduits.ReadDataStreamSourceConduit;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.Connectors;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpServerConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.ConduitReadableByteChannel;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.StreamSourceConduit;

/**
 * The body of one request in chunks. It replaces Undertow's reader, which accepts framing that other servers read
 * differently and keeps trailers of any length. A body that {@link ChunkDecoder} refuses ends in a
 * {@link ChunkException}, at this and every later read; later bytes are not read, and the connection is not used again.
 * Owned by the connection's I/O thread.
 */
final class ChunkedBody extends AbstractStreamSourceConduit<StreamSourceConduit> {
    private final HttpServerExchange exchange;
    private final HttpServerConnection connection;
    private final Metrics metrics;
    private final ChunkDecoder decoder = new ChunkDecoder();
    private @Nullable ChunkException problem;
    private boolean ended; // or not read to its end; and Undertow has been told

    private ChunkedBody(
            StreamSourceConduit bytes, HttpServerExchange exchange, HttpServerConnection connection, Metrics metrics) {
        super(bytes);
        this.exchange = exchange;
        this.connection = connection;
        this.metrics = metrics;
    }

    /** Replaces Undertow's reader, before any of the body has been read. */
    static void install(HttpServerExchange exchange, Metrics metrics) {
        HttpServerConnection connection = (HttpServerConnection) exchange.getConnection();
        StreamSourceConduit bytes = new ReadDataStreamSourceConduit(connection.getOriginalSourceConduit(), connection);
        connection.getChannel().getSourceChannel().setConduit(new ChunkedBody(bytes, exchange, connection, metrics));
        RequestSource.onChunkedRequest(exchange);
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
        if (problem != null) {
            throw problem;
        }
        if (ended) {
            return -1;
        }
        int begin = to.position();
        while (to.hasRemaining() && !decoder.isEnded() && readOnce(to)) {}
        int count = to.position() - begin;
        if (count > 0 || !decoder.isEnded()) {
            return count;
        }
        ended = true;
        RequestSource.onBodyEnd(exchange);
        Connectors.terminateRequest(exchange);
        return -1;
    }

    /** True if the connection had bytes. */
    private boolean readOnce(ByteBuffer to) throws IOException {
        PooledByteBuffer pooled = connection.getByteBufferPool().allocate();
        boolean free = true;
        try {
            ByteBuffer bytes = pooled.getBuffer();
            int count = next.read(bytes);
            if (count < 0) {
                exchange.setPersistent(false);
                IoUtils.safeClose(connection);
                throw new ClosedChannelException();
            }
            bytes.flip();
            decode(bytes, to);
            if (bytes.hasRemaining()) {
                free = false;
                connection.ungetRequestBytes(pooled);
            }
            return count > 0;
        } finally {
            if (free) {
                pooled.close();
            }
        }
    }

    private void decode(ByteBuffer bytes, ByteBuffer to) throws ChunkException {
        try {
            decoder.decode(bytes, to);
        } catch (ChunkException e) {
            problem = e;
            metrics.countRefusal(Refusal.CHUNKS);
            exchange.setPersistent(false);
            throw e;
        }
    }

    @Override
    public long read(ByteBuffer[] to, int offset, int length) throws IOException {
        for (int i = offset; i < offset + length; i++) {
            if (to[i].hasRemaining()) {
                return read(to[i]);
            }
        }
        return 0;
    }

    @Override
    public long transferTo(long position, long count, FileChannel to) throws IOException {
        return to.transferFrom(new ConduitReadableByteChannel(this), position, count);
    }

    @Override
    public long transferTo(long count, ByteBuffer through, StreamSinkChannel to) throws IOException {
        return Conduits.transfer(this, count, through, to);
    }

    @Override
    public void resumeReads() {
        if (decoder.isEnded()) {
            wakeupReads(); // no more bytes come, and the reader has to see the end
        } else {
            next.resumeReads();
        }
    }

    /** The rest is not read. Undertow sends a response without a body only when the request has ended. */
    @Override
    public void terminateReads() throws IOException {
        if (!ended) {
            ended = true;
            exchange.setPersistent(false);
            Connectors.terminateRequest(exchange);
        }
        next.terminateReads();
    }
}
