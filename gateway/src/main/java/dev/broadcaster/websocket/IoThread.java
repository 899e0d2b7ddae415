package dev.broadcaster.websocket;

import dev.broadcaster.hub.Batch;
import dev.broadcaster.hub.ShardThread;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioIoThread;

/**
 * What the connections of one I/O thread share because only one of them runs at a time: the thread itself, buffers, a
 * frame reader. Everything but {@link #execute} and {@link #isCurrent} belongs to the thread.
 */
final class IoThread implements ShardThread {
    private static final int READ_BYTES = 64 * 1024;
    private static final int WRITE_BYTES = 256 * 1024;

    private final XnioIoThread thread;
    private final int maxMessageBytes;
    private final byte[] input = new byte[READ_BYTES];
    private final ByteBuffer output = ByteBuffer.allocateDirect(WRITE_BYTES);
    private final MessageInflater inflater;
    private @Nullable FrameReader spareReader;

    // What the shared buffer holds: the frames of one batch for every subscription with one base.
    private final ByteBuffer shared = ByteBuffer.allocateDirect(WRITE_BYTES);
    private @Nullable Batch sharedBatch;
    private long sharedDrain;
    private long sharedBase;
    private int sharedLength;

    IoThread(XnioIoThread thread, int maxMessageBytes) {
        this.thread = thread;
        // 0 = no limit but that of an array.
        this.maxMessageBytes = maxMessageBytes == 0 ? Integer.MAX_VALUE - 64 : maxMessageBytes;
        this.inflater = new MessageInflater(this.maxMessageBytes);
    }

    @Override
    public void execute(Runnable task) {
        thread.execute(task);
    }

    @Override
    public boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    /** Where a connection reads to, for as long as it handles what it has read. */
    byte[] input() {
        return input;
    }

    /** Where a connection makes frames of its own queue. */
    ByteBuffer output() {
        return output;
    }

    /** A frame reader at the beginning of a frame. */
    FrameReader takeReader() {
        FrameReader reader = spareReader;
        spareReader = null;
        return reader != null ? reader : new FrameReader(maxMessageBytes, inflater);
    }

    /** Takes back a reader that is idle. */
    void giveReader(FrameReader reader) {
        spareReader = reader;
    }

    /**
     * The frames of {@code batch} for a subscription with {@code base}, made once for all that have this base; null if
     * they are more than fits. Position 0, limit = length.
     */
    @Nullable
    ByteBuffer frames(Batch batch, long base) {
        if (sharedBatch != batch || sharedDrain != batch.drain() || sharedBase != base) {
            sharedBatch = batch;
            sharedDrain = batch.drain();
            sharedBase = base;
            sharedLength = encode(batch, base);
        }
        return sharedLength < 0 ? null : shared.position(0).limit(sharedLength);
    }

    private int encode(Batch batch, long base) {
        shared.clear();
        for (int i = 0; i < batch.size(); i++) {
            long seq = batch.position(i) - base;
            if (seq <= 0) {
                continue;
            }
            EncodedBroadcast message = batch.message(i);
            if (Frames.broadcastLength(message, seq) > shared.remaining()) {
                return -1;
            }
            Frames.putBroadcast(shared, message, seq);
        }
        return shared.position();
    }
}
