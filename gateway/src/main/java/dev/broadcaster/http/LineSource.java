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
    private boolean held;
    private boolean ended; // the end has been read and hidden
    private boolean resumed;

    LineSource(StreamSourceConduit next) {
        super(next);
    }

    StreamSourceConduit next() {
        return next;
    }

    /** Hides the end from now on. */
    void hold() {
        held = true;
    }

    /** Shows the end, if it has come. */
    void release() {
        held = false;
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
        if (count >= 0 || !held) {
            return count;
        }
        ended = true;
        next.suspendReads();
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
    public boolean isReadShutdown() {
        return !(held && ended) && next.isReadShutdown();
    }

    @Override
    public void resumeReads() {
        resumed = true;
        if (!(held && ended)) {
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
