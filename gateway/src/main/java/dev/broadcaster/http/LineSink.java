package dev.broadcaster.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.StreamSinkConduit;

/**
 * What Undertow takes for the socket of a connection with an {@link AnswerLine}: full as long as somebody stands in line, so
 * that what Undertow writes itself comes behind. It tells {@link SlowReader} while Undertow waits for the socket. Owned by the connection's I/O thread.
 */
final class LineSink extends AbstractStreamSinkConduit<StreamSinkConduit> {
    private final AnswerLine line;
    private final SlowReader slowReader;
    private boolean resumed; // Undertow has something to write

    LineSink(StreamSinkConduit socket, AnswerLine line, SlowReader slowReader) {
        super(socket);
        this.line = line;
        this.slowReader = slowReader;
    }

    AnswerLine line() {
        return line;
    }

    /** Nobody stands in line any more. */
    void release() {
        if (resumed) {
            slowReader.onWaiting();
            next.resumeWrites();
        }
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        return line.isEmpty() ? (int) taken(next.write(bytes)) : 0;
    }

    @Override
    public long write(ByteBuffer[] buffers, int offset, int length) throws IOException {
        return line.isEmpty() ? taken(next.write(buffers, offset, length)) : 0;
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
        return line.isEmpty() ? taken(next.transferFrom(from, position, count)) : 0;
    }

    @Override
    public long transferFrom(StreamSourceChannel from, long count, ByteBuffer through) throws IOException {
        return Conduits.transfer(from, count, through, this);
    }

    @Override
    public boolean flush() throws IOException {
        return line.isEmpty() && next.flush();
    }

    @Override
    public void resumeWrites() {
        resumed = true;
        if (line.isEmpty()) {
            slowReader.onWaiting();
            next.resumeWrites();
        }
    }

    @Override
    public void wakeupWrites() {
        resumed = true;
        if (line.isEmpty()) {
            slowReader.onWaiting();
            next.wakeupWrites();
        }
    }

    @Override
    public void suspendWrites() {
        resumed = false;
        if (line.isEmpty()) {
            slowReader.onNothingWaiting();
            next.suspendWrites(); // otherwise the line may be waiting for the socket
        }
    }

    @Override
    public boolean isWriteResumed() {
        return resumed;
    }
}
