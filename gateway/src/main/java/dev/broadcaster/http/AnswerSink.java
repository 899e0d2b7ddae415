package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.xnio.StreamConnection;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.StreamSinkConduit;

/**
 * What Undertow takes for the socket that it writes answers to. Tells {@link SlowReader} while Undertow waits for the socket.
 * Owned by the connection's I/O thread.
 */
final class AnswerSink extends AbstractStreamSinkConduit<StreamSinkConduit> {
    private final SlowReader slowReader;

    private AnswerSink(StreamSinkConduit socket, SlowReader slowReader) {
        super(socket);
        this.slowReader = slowReader;
    }

    /** Puts a sink under a connection that Undertow has not seen yet. */
    static void install(StreamConnection connection, Metrics metrics) {
        StreamSinkConduit socket = connection.getSinkChannel().getConduit();
        connection.getSinkChannel().setConduit(new AnswerSink(socket, new SlowReader(connection, metrics)));
    }

    /** Takes it away from a connection that speaks HTTP no more. */
    static void remove(StreamConnection connection) {
        if (connection.getSinkChannel().getConduit() instanceof AnswerSink sink) {
            sink.slowReader.onNothingWaiting();
            connection.getSinkChannel().setConduit(sink.next);
        }
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        return (int) taken(next.write(bytes));
    }

    @Override
    public long write(ByteBuffer[] buffers, int offset, int length) throws IOException {
        return taken(next.write(buffers, offset, length));
    }

    private long taken(long bytes) {
        if (bytes > 0) {
            slowReader.onTaken();
        }
        return bytes;
    }

    @Override
    public int writeFinal(ByteBuffer bytes) throws IOException {
        return Conduits.writeFinalBasic(this, bytes);
    }

    @Override
    public long writeFinal(ByteBuffer[] buffers, int offset, int length) throws IOException {
        return Conduits.writeFinalBasic(this, buffers, offset, length);
    }

    @Override
    public long transferFrom(FileChannel from, long position, long count) throws IOException {
        return taken(next.transferFrom(from, position, count));
    }

    @Override
    public long transferFrom(StreamSourceChannel from, long count, ByteBuffer through) throws IOException {
        return Conduits.transfer(from, count, through, this);
    }

    @Override
    public void resumeWrites() {
        slowReader.onWaiting();
        next.resumeWrites();
    }

    @Override
    public void wakeupWrites() {
        slowReader.onWaiting();
        next.wakeupWrites();
    }

    @Override
    public void suspendWrites() {
        slowReader.onNothingWaiting();
        next.suspendWrites();
    }
}
