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
 * The writing half of a connection. The broadcasts of a turn go from the buffer that all subscribers share directly to
 * the socket; only bytes that the socket does not take wait in a queue. Owned by the connection's thread.
 */
final class Outbound implements ChannelListener<ConduitStreamSinkChannel> {
    /** The largest part of a slow client's queue that the kernel is asked to take, in bytes. */
    private static final long MAX_TAKEOVER = 1 << 20;

    private final Connection connection;
    private final StreamConnection stream;
    private final IoThread thread;
    private final Metrics metrics;
    private final boolean deflates; // the client has negotiated permessage-deflate

    private @Nullable OutQueue queue; // null while nothing waits
    private @Nullable Batch batch; // broadcasts of this turn that are not in the queue yet
    private long base; // of the subscription that gets them
    private boolean blocked; // the socket takes no more; this listens until it does
    private boolean ended; // the client has been told that nothing follows
    private int countedBytes; // the size of the queue in the meter; at most 2 GiB

    Outbound(Connection connection, StreamConnection stream, IoThread thread, Metrics metrics, boolean deflates) {
        this.connection = connection;
        this.stream = stream;
        this.thread = thread;
        this.metrics = metrics;
        this.deflates = deflates;
    }

    /** Adds a frame after everything added before. */
    void add(byte[] frame) {
        queueBatch();
        queue().add(frame);
    }

    /** Adds a pong; while the socket takes nothing, it replaces the last waiting one. */
    void addPong(byte[] frame) {
        OutQueue waits = queue;
        if (waits != null && blocked && waits.replaceLastPong(frame)) {
            return;
        }
        queueBatch();
        queue().addPong(frame);
    }

    /** Adds a ping, with a text frame for a client that cannot see pings. */
    void addPing(boolean keepalive) {
        add(Frames.PING);
        if (keepalive) {
            add(Frames.KEEPALIVE);
        }
    }

    /** Adds the frames of a batch. It is read again before the turn ends, in {@link #write}. */
    void add(Batch newBatch, long newBase) {
        if (queue == null && batch == null) {
            batch = newBatch;
            base = newBase;
        } else {
            queueBatch();
            queue(newBatch, newBase, 0);
        }
    }

    /** Adds the frames of a batch that was recovered: more than usually waits for a client that keeps up. */
    void addRecovered(Batch recovered, long newBase) {
        queueBatch();
        countSaved(queue().addRecovered(recovered, newBase, deflates ? thread.deflater() : null));
    }

    /** Drops the waiting messages of a channel whose subscription has ended. */
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

    /** The additional bytes that may wait because they were recovered; 0 as soon as the queue has been empty since. */
    long recoveredBytes() {
        OutQueue waits = queue;
        return waits == null ? 0 : waits.recoveredBytes();
    }

    /** The bytes of the largest message that has waited; 0 as soon as the queue has been empty since. */
    long largestBytes() {
        OutQueue waits = queue;
        return waits == null ? 0 : waits.largestBytes();
    }

    /** Writes as much as the socket takes. True if nothing is left. */
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
            return; // too large for the shared buffer: sent through the queue
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
            block(sink); // TLS still has buffered bytes
        }
    }

    /** Writes as much as the socket takes; {@link #blocked} if that is not everything. */
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

    /** Makes the next {@link #write} try the socket in any case. */
    void retry() {
        blocked = false;
    }

    /** True if bytes wait and the socket has taken nothing for {@code nanos}, as far as the calls show. */
    boolean isStalled(long nanos, long nowNanos) {
        OutQueue waits = queue;
        Backlog.Place place = waits == null ? null : waits.place();
        return place != null && place.isStalled(nanos, nowNanos);
    }

    /** The waiting bytes of the heap, as if no other connection shared them. */
    long pendingBytes() {
        OutQueue waits = queue;
        return waits == null ? 0 : waits.pendingBytes();
    }

    /**
     * Gives up a client that does not read: the waiting output is dropped, except the rest of a started frame. The
     * kernel gets room for that and for a close frame, so that the client finds the code when it reads again, although
     * the node does not wait for it.
     */
    void dropPending() throws IOException {
        OutQueue waits = queue();
        waits.dropWhole();
        int rest = (int) Math.min(waits.bytes(), MAX_TAKEOVER);
        stream.setOption(Options.SEND_BUFFER, 4 * IoThreads.SEND_BUFFER_BYTES + 2 * rest);
        blocked = false; // try again at once
    }

    /** Tells the client that nothing follows; to be called when nothing is left to write. */
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

    /** Drops everything, for good. */
    void clear() {
        batch = null;
        if (queue != null) {
            forgetQueue(queue);
        }
        countQueued();
    }

    /** Queues the messages of the batch for a subscription, without the first {@code written} bytes. */
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
