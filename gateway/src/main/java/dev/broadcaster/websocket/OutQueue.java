package dev.broadcaster.websocket;

import dev.broadcaster.hub.Batch;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be written to one connection: frames of its own as bytes, and broadcasts as references to what all
 * subscribers share, so that a thousand slow clients of a channel hold its messages once. Frames are made when they are
 * written. Owned by the connection's thread.
 */
final class OutQueue {
    private record Waiting(EncodedBroadcast message, long seq) {
        byte[] frame() {
            return Frames.broadcast(message, seq);
        }
    }

    private final ArrayDeque<Object> items = new ArrayDeque<>(4); // byte[] or Waiting; most often a reply or two
    private int headOffset; // how much of the first item has been written
    private long bytes;

    boolean isEmpty() {
        return items.isEmpty();
    }

    /** How many bytes are to be written. */
    long bytes() {
        return bytes;
    }

    void add(byte[] frame) {
        items.add(frame);
        bytes += frame.length;
    }

    void add(EncodedBroadcast message, long seq) {
        items.add(new Waiting(message, seq));
        bytes += Frames.broadcastLength(message, seq);
    }

    /**
     * Adds what the batch holds for a subscription.
     *
     * @param deflater for a client that inflates; null for others
     * @return by how many bytes it is shorter than it would be plain
     */
    long add(Batch batch, long base, @Nullable MessageDeflater deflater) {
        long saved = 0;
        int fresh = 0; // bytes that had not been deflated before
        for (int i = 0; i < batch.size(); i++) {
            long seq = batch.position(i) - base;
            if (seq <= 0) {
                continue;
            }
            EncodedBroadcast message = batch.message(i);
            if (deflater == null || (fresh >= MessageDeflater.MAX_AT_ONCE_BYTES && !message.knowsDeflated())) {
                add(message, seq);
                continue;
            }
            fresh += message.knowsDeflated() ? 0 : message.length();
            EncodedBroadcast shorter = deflater.deflated(message);
            add(shorter, seq);
            saved += Frames.broadcastLength(message, seq) - Frames.broadcastLength(shorter, seq);
        }
        return saved;
    }

    /** Makes what is first in line into bytes, as much as {@code out} takes; {@link #onWritten} takes it off the line. */
    void fill(ByteBuffer out) {
        int offset = headOffset;
        for (Object item : items) {
            if (item instanceof Waiting waiting && offset == 0) {
                if (Frames.broadcastLength(waiting.message, waiting.seq) <= out.remaining()) {
                    Frames.putBroadcast(out, waiting.message, waiting.seq);
                    continue;
                }
            }
            byte[] frame = item instanceof Waiting waiting ? waiting.frame() : (byte[]) item;
            int length = Math.min(frame.length - offset, out.remaining());
            out.put(frame, offset, length);
            if (!out.hasRemaining()) {
                return;
            }
            offset = 0;
        }
    }

    /** The first {@code count} bytes of what {@link #fill} made have been written. */
    void onWritten(int count) {
        bytes -= count;
        int rest = count + headOffset;
        for (Object item = items.peek(); item != null; item = items.peek()) {
            int length = length(item);
            if (rest < length) {
                break;
            }
            rest -= length;
            items.remove();
        }
        headOffset = rest;
    }

    /** Drops everything but the rest of a frame that has been written in part: what follows has to stand behind it. */
    void dropWhole() {
        Object head = headOffset > 0 ? items.peek() : null;
        items.clear();
        bytes = 0;
        if (head != null) {
            items.add(head);
            bytes = (long) length(head) - headOffset;
        }
    }

    private static int length(@Nullable Object item) {
        if (item instanceof Waiting waiting) {
            return Frames.broadcastLength(waiting.message, waiting.seq);
        }
        return item instanceof byte[] frame ? frame.length : 0;
    }
}
