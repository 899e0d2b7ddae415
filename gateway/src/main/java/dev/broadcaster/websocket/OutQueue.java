package dev.broadcaster.websocket;

import dev.broadcaster.hub.Batch;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The output that waits for one connection: its own frames as bytes, and broadcasts as references to the bytes that all
 * subscribers share, so that a thousand slow clients of a channel hold its messages once. Frames are made when they are
 * written. A linked list, so that written or dropped items are freed at once. Owned by the connection's thread.
 */
final class OutQueue {
    // Sizes on the heap with compressed references.
    private static final int QUEUE_BYTES = 80;
    private static final int PLACE_BYTES = 64;

    /**
     * The number of pongs that may wait for one write; after it, and beyond them, only the last is kept (RFC 6455
     * section 5.5.3).
     */
    private static final int MAX_PONGS = 16;

    private @Nullable OutItem first;
    private @Nullable OutItem last;
    private OutItem.@Nullable Pong lastPong;
    private int pongs;
    private int headOffset; // the written bytes of the first item
    private long bytes;
    private long overhead;
    private int largest; // the bytes and the overhead of the largest item since this was empty
    private long unsettled = QUEUE_BYTES; // held, minus the bytes that settle() has reported

    private @Nullable String recovered; // the channel of the last replay
    private long recoveredBytes; // its size when it was added

    private Backlog.@Nullable Place place; // when the socket has not taken everything

    boolean isEmpty() {
        return first == null;
    }

    /** The number of bytes to write. */
    long bytes() {
        return bytes;
    }

    /** The heap bytes of the waiting items and the objects that hold them, as if no other connection shared them. */
    long pendingBytes() {
        return bytes + overhead;
    }

    /** The part of {@link #pendingBytes} that the largest item takes or took; 0 as soon as the queue has been empty since. */
    int largestBytes() {
        return largest;
    }

    /**
     * The growth of the held bytes since the last call, in bytes of the heap. Items that several connections hold count
     * once, with the first connection that holds them and the last that releases them.
     */
    long settle() {
        long difference = unsettled;
        unsettled = 0;
        return difference;
    }

    /** Its place in the thread's backlog; null while every write has taken all. */
    Backlog.@Nullable Place place() {
        return place;
    }

    void place(Backlog.@Nullable Place newPlace) {
        unsettled += (newPlace == null ? 0 : PLACE_BYTES) - (place == null ? 0 : PLACE_BYTES);
        place = newPlace;
    }

    void add(byte[] frame) {
        append(new OutItem.Plain(frame));
    }

    /** Adds a pong. */
    void addPong(byte[] frame) {
        if (pongs < MAX_PONGS) {
            OutItem.Pong pong = new OutItem.Pong(frame);
            append(pong);
            lastPong = pong;
            pongs++;
        } else {
            replaceLastPong(frame);
        }
    }

    /** Replaces the last waiting pong; false if none waits, or its writing has started. */
    boolean replaceLastPong(byte[] frame) {
        OutItem.Pong pong = lastPong;
        if (pong == null || (pong == first && headOffset > 0)) {
            return false;
        }
        remove(pong);
        pong.frame(frame);
        count(pong);
        return true;
    }

    void add(EncodedBroadcast message, String channel, long seq) {
        append(new OutItem.Broadcast(message, channel, seq));
    }

    private void append(OutItem item) {
        OutItem before = last;
        if (before == null) {
            first = item;
        } else {
            before.next = item;
        }
        last = item;
        count(item);
    }

    private void count(OutItem item) {
        bytes += item.length();
        overhead += item.overhead();
        largest = Math.max(largest, item.length() + item.overhead());
        unsettled += item.hold();
    }

    /** Uncounts an item of which nothing has been written. */
    private void remove(OutItem item) {
        bytes -= item.length();
        overhead -= item.overhead();
        unsettled -= item.release();
    }

    /**
     * Adds the messages of the batch for a subscription.
     *
     * @param deflater for a client that inflates; null for others
     * @return the number of bytes that are saved compared with plain frames
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
                add(message, batch.channel(), seq);
                continue;
            }
            fresh += message.knowsDeflated() ? 0 : message.length();
            EncodedBroadcast shorter = deflater.deflated(message);
            add(shorter, batch.channel(), seq);
            saved += Frames.broadcastLength(message, seq) - Frames.broadcastLength(shorter, seq);
        }
        return saved;
    }

    // ---- Replays

    /** Like {@link #add(Batch, long, MessageDeflater)}, for a batch that was recovered. */
    long addRecovered(Batch batch, long base, @Nullable MessageDeflater deflater) {
        long before = pendingBytes();
        long saved = add(batch, base, deflater);
        if (!batch.channel().equals(recovered)) {
            recovered = batch.channel();
            recoveredBytes = 0;
        }
        recoveredBytes += pendingBytes() - before;
        return saved;
    }

    /**
     * The size of the last replay when it was added, 0 if it was dropped; the limit of waiting bytes is higher by this
     * size.
     */
    long recoveredBytes() {
        return recoveredBytes;
    }

    // ---- Writing

    /** Writes the first waiting frames as bytes, as many as {@code out} takes; {@link #onWritten} removes them. */
    void fill(ByteBuffer out) {
        int offset = headOffset;
        for (OutItem item = first; item != null; item = item.next) {
            if (item instanceof OutItem.Broadcast waits && offset == 0 && item.length() <= out.remaining()) {
                Frames.putBroadcast(out, waits.message, waits.seq);
                continue;
            }
            byte[] frame = item.frame();
            int length = Math.min(frame.length - offset, out.remaining());
            out.put(frame, offset, length);
            if (!out.hasRemaining()) {
                return;
            }
            offset = 0;
        }
    }

    /** The first {@code count} bytes of the last {@link #fill} have been written. */
    void onWritten(int count) {
        bytes -= count;
        if (place != null) {
            place.writtenBytes += count;
        }
        int rest = count + headOffset;
        for (OutItem item = first; item != null; item = item.next) {
            int length = item.length();
            if (rest < length) {
                break;
            }
            rest -= length;
            bytes += length; // counted already
            unlink(null, item);
        }
        headOffset = rest;
    }

    // ---- Dropping

    /** Drops the waiting messages of a channel, except the rest of a partly written frame. */
    void drop(String channel) {
        if (channel.equals(recovered)) {
            recovered = null;
            recoveredBytes = 0;
        }
        OutItem before = headOffset > 0 ? first : null;
        for (OutItem item = before == null ? first : before.next; item != null; item = item.next) {
            if (item instanceof OutItem.Broadcast waits && waits.channel.equals(channel)) {
                unlink(before, item);
            } else {
                before = item;
            }
        }
    }

    /** Drops all pongs except the last: the socket has taken as many bytes as it can. */
    void keepLastPong() {
        if (pongs < 2) {
            return;
        }
        OutItem keep = lastPong;
        OutItem before = headOffset > 0 ? first : null;
        for (OutItem item = before == null ? first : before.next; item != null; item = item.next) {
            if (item != keep && item instanceof OutItem.Pong) {
                unlink(before, item);
            } else {
                before = item;
            }
        }
    }

    /** Drops everything except the rest of a partly written frame, which the next frame has to follow. */
    void dropWhole() {
        OutItem head = headOffset > 0 ? first : null;
        for (OutItem item = head == null ? first : head.next; item != null; item = item.next) {
            unlink(head, item);
        }
        recovered = null;
        recoveredBytes = 0;
    }

    /** Drops everything. */
    void clear() {
        bytes += headOffset;
        headOffset = 0;
        dropWhole();
        unsettled -= QUEUE_BYTES;
    }

    /** Removes {@code item}, which follows {@code before}; null for the first. */
    private void unlink(@Nullable OutItem before, OutItem item) {
        if (before == null) {
            first = item.next;
        } else {
            before.next = item.next;
        }
        if (last == item) {
            last = before;
        }
        if (item instanceof OutItem.Pong) {
            pongs--;
            if (item == lastPong) {
                lastPong = null;
            }
        }
        remove(item);
    }
}
