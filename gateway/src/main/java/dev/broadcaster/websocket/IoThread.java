package dev.broadcaster.websocket;

import dev.broadcaster.hub.Batch;
import dev.broadcaster.hub.ShardThread;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioIoThread;

/**
 * The objects that the connections of one I/O thread share because only one of them runs at a time: the thread itself,
 * buffers, a frame reader, a deflater and an inflater. Everything is owned by the thread, except for {@link #execute},
 * {@link #isCurrent} and the methods that {@link Backlog} names.
 */
final class IoThread implements ShardThread, AutoCloseable {
    private static final int READ_BYTES = 64 * 1024;
    private static final int WRITE_BYTES = 256 * 1024;
    /** The number of drains of the shard that may run before the sockets are checked again. */
    private static final int MAX_DRAINS = 64;

    private final XnioIoThread thread;
    private final int maxMessageBytes;
    private final byte[] input = new byte[READ_BYTES];
    private final ByteBuffer inputBuffer = ByteBuffer.wrap(input);
    private final ByteBuffer output = ByteBuffer.allocateDirect(WRITE_BYTES);
    private final Backlog backlog = new Backlog();
    private final Turn turn = new Turn();
    private int selections; // at the last call of putsOff
    private int drains; // since then
    private @Nullable FrameReader spareReader;

    private final SharedFrames plainFrames = new SharedFrames(WRITE_BYTES, null);

    // Used only if clients have negotiated compression; null until the first of them needs it.
    private @Nullable SharedFrames deflatedFrames;
    private @Nullable MessageDeflater deflater;
    private final MessageInflater inflater;

    IoThread(XnioIoThread thread, int maxMessageBytes) {
        this.thread = thread;
        // 0 = no limit except that of an array.
        this.maxMessageBytes = maxMessageBytes == 0 ? Integer.MAX_VALUE - 64 : maxMessageBytes;
        this.inflater = new MessageInflater();
    }

    @Override
    public void execute(Runnable task) {
        thread.execute(task);
    }

    @Override
    public boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    @Override
    public boolean putsOff(Runnable task) {
        int now = IoThreads.selections();
        if (now != selections) {
            selections = now;
            drains = 0;
            return false;
        }
        if (++drains < MAX_DRAINS) {
            return false;
        }
        ArraySelector.executeLater(task);
        return true;
    }

    /** The work that the current connection may still do before the others have their turn. */
    Turn turn() {
        return turn;
    }

    /** The buffer into which a connection reads, while it handles the bytes. */
    byte[] input() {
        return input;
    }

    /** {@link #input}, to be filled from its start. */
    ByteBuffer inputBuffer() {
        return inputBuffer.clear();
    }

    /** The buffer in which a connection makes the frames of its own queue. */
    ByteBuffer output() {
        return output;
    }

    /** The queues of its connections whose sockets take no more. */
    Backlog backlog() {
        return backlog;
    }

    /** A frame reader at the start of a frame. */
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
        return plainFrames.of(batch, base);
    }

    /** Like {@link #frames}, for clients that inflate. */
    SharedFrames deflatedFrames() {
        SharedFrames made = deflatedFrames;
        if (made == null) {
            made = new SharedFrames(WRITE_BYTES, deflater());
            deflatedFrames = made;
        }
        return made;
    }

    MessageDeflater deflater() {
        MessageDeflater made = deflater;
        if (made == null) {
            made = new MessageDeflater();
            deflater = made;
        }
        return made;
    }

    /** Frees native memory. To be called when the thread has ended. */
    @Override
    public void close() {
        inflater.close();
        if (deflater != null) {
            deflater.close();
        }
    }
}
