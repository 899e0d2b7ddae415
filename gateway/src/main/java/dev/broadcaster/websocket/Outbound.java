package dev.broadcaster.websocket;

import dev.broadcaster.hub.Batch;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.time.Fatal;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelListener;
import org.xnio.Options;
import org.xnio.StreamConnection;
import org.xnio.conduits.ConduitStreamSinkChannel;

/**
 * The writing half of a connection. A drain's broadcasts go from the buffer that all subscribers share straight to the
 * socket; only what the socket does not take waits in a queue. Owned by the connection's thread.
 */
final class Outbound implements ChannelListener<ConduitStreamSinkChannel> {
    /** The most that the kernel is asked to take over from a slow client's queue, in bytes. */
    private static final long MAX_TAKEOVER = 1 << 20;

    private final Connection connection;
    private final StreamConnection stream;
    private final IoThread thread;
    private final Metrics metrics;
    private final boolean deflates; // the client has negotiated permessage-deflate

    private @Nullable OutQueue queue; // null while nothing waits
    private @Nullable Batch batch; // broadcasts of this drain that are not in the queue yet
    private long base; // of the subscription that gets them
    private boolean blocked; // the socket takes no more; this listens for when it does
    private boolean ended; // the client has been told that nothing follows
    private int countedBytes; // what the meter knows of the queue; beyond 2 GiB it knows no more

    Outbound(Connection connection, StreamConnection stream, IoThread thread, Metrics metrics, boolean deflates) {
        this.connection = connection;
        this.stream = stream;
        this.thread = thread;
        this.metrics = metrics;
        this.deflates = deflates;
    }

    /** Adds a frame behind everything added before. */
    void add(byte[] frame) {
        queueBatch();
        queue().add(frame);
    }

    /** Adds a pong; while the socket takes nothing, instead of the last one that waits. */
    void addPong(byte[] frame) {
        OutQueue waits = queue;
        if (waits != null && blocked && waits.replaceLastPong(frame)) {
            return;
        }
        queueBatch();
        queue().addPong(frame);
    }

    /** Adds a ping, and for a client that can't see one a text frame with it. */
    void addPing(boolean keepalive) {
        add(Frames.PING);
        if (keepalive) {
            add(Frames.KEEPALIVE);
        }
    }

    /** Adds the frames of a batch. It is read once more before the drain ends, in {@link #write}. */
    void add(Batch newBatch, long newBase) {
        if (queue == null && batch == null) {
            batch = newBatch;
            base = newBase;
        } else {
            queueBatch();
            queue(newBatch, newBase, 0);
        }
    }

    /** Adds the frames of a batch that was recovered: more than a client that keeps up has waiting otherwise. */
    void addRecovered(Batch recovered, long newBase) {
        queueBatch();
        countSaved(queue().addRecovered(recovered, newBase, deflates ? thread.deflater() : null));
    }

    /** Drops what waits of a channel whose subscription has ended. */
    void drop(String channel) {
        queueBatch();
        OutQueue waits = queue;
        if (waits != null) {
            waits.drop(channel);
            if (waits.isEmpty()) {
                forgetQueue(waits);
            }
            countQueued();
        }
    }

    /** How much more than otherwise may wait because it was recovered; 0 as soon as nothing has waited since. */
    long recoveredBytes() {
        OutQueue waits = queue;
        return waits == null ? 0 : waits.recoveredBytes();
    }

    /** Writes what the socket takes. Whether nothing is left. */
    boolean write() throws IOException {
        ConduitStreamSinkChannel sink = stream.getSinkChannel();
        if (!blocked) {
            writeBatch(sink);
            writeQueue(sink);
        }
        queueBatch();
        OutQueue waits = queue;
        if (waits != null) {
            waits.keepLastPong();
            thread.backlog().add(waits, connection, connection.nowNanos());
        }
        countQueued();
        return !blocked;
    }

    private void writeBatch(ConduitStreamSinkChannel sink) throws IOException {
        Batch gathered = batch;
        if (gathered == null || queue != null) {
            return;
        }
        ByteBuffer frames = deflates ? thread.deflatedFrames().of(gathered, base) : thread.frames(gathered, base);
        if (frames == null) {
            return; // too many for the shared buffer: by way of the queue
        }
        batch = null;
        int written = write(sink, frames);
        if (blocked) {
            queue(gathered, base, written);
        } else if (deflates) {
            metrics.addSavedBytes(thread.deflatedFrames().savedBytes());
        }
    }

    private void writeQueue(ConduitStreamSinkChannel sink) throws IOException {
        queueBatch();
        OutQueue waits = queue;
        while (!blocked && waits != null) {
            ByteBuffer out = thread.output().clear();
            waits.fill(out);
            waits.onWritten(write(sink, out.flip()));
            if (waits.isEmpty()) {
                forgetQueue(waits);
                waits = null;
            }
        }
        if (!blocked && !sink.flush()) {
            block(sink); // TLS holds something back
        }
    }

    /** Writes what the socket takes; {@link #blocked} if that is not all. */
    private int write(ConduitStreamSinkChannel sink, ByteBuffer bytes) throws IOException {
        int written = sink.write(bytes);
        metrics.addWrites(1, written);
        if (bytes.hasRemaining()) {
            block(sink);
        }
        return written;
    }

    private void block(ConduitStreamSinkChannel sink) {
        blocked = true;
        sink.setWriteListener(this);
        sink.resumeWrites();
    }

    /** The socket takes bytes again. */
    @Override
    public void handleEvent(ConduitStreamSinkChannel sink) {
        sink.suspendWrites();
        blocked = false;
        try {
            connection.flush();
        } catch (Error e) {
            throw Fatal.end(e);
        }
    }

    boolean deflates() {
        return deflates;
    }

    /** Has the next {@link #write} try the socket, whatever it has said. */
    void retry() {
        blocked = false;
    }

    /** True if something waits and the socket has taken nothing for {@code nanos}, as far as the calls can tell. */
    boolean isStalled(long nanos, long nowNanos) {
        OutQueue waits = queue;
        Backlog.Place place = waits == null ? null : waits.place();
        return place != null && place.isStalled(nanos, nowNanos);
    }

    /** How much waits, in bytes of the heap as if no other connection waited for the same. */
    long pendingBytes() {
        OutQueue waits = queue;
        return waits == null ? 0 : waits.pendingBytes();
    }

    /**
     * Gives up on a client that does not read: what waits is dropped, but for the rest of a frame that has begun. The
     * kernel gets room for that and for a close frame, so that the client finds the code whenever it reads again, although
     * nobody here waits for it.
     */
    void dropPending() throws IOException {
        OutQueue waits = queue();
        waits.dropWhole();
        int rest = (int) Math.min(waits.bytes(), MAX_TAKEOVER);
        stream.setOption(Options.SEND_BUFFER, 4 * IoThreads.SEND_BUFFER_BYTES + 2 * rest);
        blocked = false; // try again at once
    }

    /** Tells the client that nothing follows; to be called when nothing is left to be written. */
    void end() throws IOException {
        ConduitStreamSinkChannel sink = stream.getSinkChannel();
        if (!ended) {
            ended = true;
            sink.shutdownWrites();
        }
        if (!sink.flush()) {
            block(sink);
        }
    }

    /** Forgets everything, for good. */
    void clear() {
        batch = null;
        if (queue != null) {
            forgetQueue(queue);
        }
        countQueued();
    }

    /** Queues what the batch holds for a subscription, less the first {@code written} bytes. */
    private void queue(Batch messages, long subscriptionBase, int written) {
        OutQueue to = queue();
        countSaved(to.add(messages, subscriptionBase, deflates ? thread.deflater() : null));
        to.onWritten(written);
    }

    private void queueBatch() {
        Batch gathered = batch;
        if (gathered != null) {
            batch = null;
            queue(gathered, base, 0);
        }
    }

    private void countSaved(long bytes) {
        if (bytes > 0) {
            metrics.addSavedBytes(bytes);
        }
    }

    private OutQueue queue() {
        OutQueue made = queue;
        if (made == null) {
            made = new OutQueue();
            queue = made;
        }
        return made;
    }

    private void forgetQueue(OutQueue emptied) {
        emptied.clear();
        thread.backlog().remove(emptied);
        connection.output().add(emptied.settle());
        queue = null;
    }

    private void countQueued() {
        OutQueue waits = queue;
        int bytes = waits == null ? 0 : (int) Math.min(Integer.MAX_VALUE, waits.bytes());
        if (bytes != countedBytes) {
            metrics.addQueueBytes(bytes - countedBytes);
            countedBytes = bytes;
        }
        if (waits != null) {
            connection.output().add(waits.settle());
        }
    }
}
