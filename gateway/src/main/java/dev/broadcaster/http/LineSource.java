package dev.broadcaster.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.ConduitReadableByteChannel;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.StreamSourceConduit;

/**
 * The other direction of a connection with an {@link AnswerLine}. Undertow closes a connection when it reads its end; but a
 * client may have sent its last request, and still wait for the answers. So the end is hidden while somebody stands in line.
 * Owned by the connection's I/O thread.
 */
final class LineSource extends AbstractStreamSourceConduit<StreamSourceConduit> {
    private final AnswerLine line;
    private boolean ended; // the end has been read and hidden
    private boolean resumed; // Undertow wants to read

    LineSource(StreamSourceConduit socket, AnswerLine line) {
        super(socket);
        this.line = line;
    }

    StreamSourceConduit next() {
        return next;
    }

    /** Nobody stands in line any more: shows the end, if it has come. */
    void release() {
        if (ended && resumed) {
            next.wakeupReads();
        }
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
        return (int) shown(next.read(to));
    }

    @Override
    public long read(ByteBuffer[] to, int offset, int length) throws IOException {
        return shown(next.read(to, offset, length));
    }

    private long shown(long count) {
        if (count >= 0 || line.isEmpty()) {
            return count;
        }
        ended = true;
        next.suspendReads();
        return 0;
    }

    private boolean hidesEnd() {
        return ended && !line.isEmpty();
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
    public boolean isReadShutdown() {
        return !hidesEnd() && next.isReadShutdown();
    }

    @Override
    public void resumeReads() {
        resumed = true;
        if (!hidesEnd()) {
            next.resumeReads();
        }
    }

    @Override
    public void wakeupReads() {
        resumed = true;
        next.wakeupReads();
    }

    @Override
    public void suspendReads() {
        resumed = false;
        next.suspendReads();
    }

    @Override
    public boolean isReadResumed() {
        return resumed;
    }
}
