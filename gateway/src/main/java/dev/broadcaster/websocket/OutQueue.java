package dev.broadcaster.websocket;

import dev.broadcaster.hub.Batch;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The output that waits for one connection: its own frames as bytes, and broadcasts as references to the bytes that all
 * subscribers share, so that a thousand slow clients of a channel hold its messages once. Frames are made when they are
 * written, and written or dropped items are freed at once.
 *
 * <p>A client that does not read can make the queue long, and then send requests that drop or replace a part of it. So
 * none of them walks the whole queue. Owned by the connection's thread.
 */
final class OutQueue {
    // Sizes on the heap with compressed references.
    private static final int QUEUE_BYTES = 48 + 56; // this and its items
    private static final int PLACE_BYTES = 64;

    /**
     * The number of pongs that may wait for one write; after it, and beyond them, only the last is kept (RFC 6455
     * section 5.5.3).
     */
    private static final int MAX_PONGS = 16;

    private final OutItems items = new OutItems();
    private OutItem.@Nullable Pong lastPong;
    private int pongs;
    private int headOffset; // the written bytes of the first item

    private @Nullable String recovered; // the channel of the last replay
    private long recoveredBytes; // its size when it was added

    private Backlog.@Nullable Place place; // when the socket has not taken everything

    OutQueue() {
        items.hold(QUEUE_BYTES);
    }

    boolean isEmpty() {
        return items.first() == null;
    }

    /** The number of bytes to write. */
    long bytes() {
        return items.bytes() - headOffset;
    }

    /** The heap bytes of the waiting items and the objects that hold them, as if no other connection shared them. */
    long pendingBytes() {
        return bytes() + items.overhead();
    }

    /** The part of {@link #pendingBytes} that the largest item takes or took; 0 as soon as the queue has been empty since. */
    int largestBytes() {
        return items.largest();
    }

    /**
     * The growth of the held bytes since the last call, in bytes of the heap. Items that several connections hold count
     * once, with the first connection that holds them and the last that releases them.
     */
    long settle() {
        return items.settle();
    }

    /** Its place in the thread's backlog; null while every write has taken all. */
    Backlog.@Nullable Place place() {
        return place;
    }

    void place(Backlog.@Nullable Place newPlace) {
        items.hold((newPlace == null ? 0 : PLACE_BYTES) - (place == null ? 0 : PLACE_BYTES));
        place = newPlace;
    }

    void add(byte[] frame) {
        items.add(new OutItem.Plain(frame));
    }

    /** Adds a pong. */
    void addPong(byte[] frame) {
        if (pongs < MAX_PONGS) {
            OutItem.Pong pong = new OutItem.Pong(frame);
            items.add(pong);
            lastPong = pong;
            pongs++;
        } else {
            replaceLastPong(frame);
        }
    }

    /** Replaces the last waiting pong; false if none waits, or its writing has started. */
    boolean replaceLastPong(byte[] frame) {
        OutItem.Pong pong = lastPong;
        if (pong == null || pong == partlyWritten()) {
            return false;
        }
        items.replace(pong, frame);
        return true;
    }

    void add(EncodedBroadcast message, String channel, long seq) {
        items.add(new OutItem.Broadcast(message, channel, seq));
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
        for (OutItem item = items.first(); item != null && out.hasRemaining(); item = item.next) {
            item.put(out, offset);
            offset = 0;
        }
    }

    /** The first {@code count} bytes of the last {@link #fill} have been written. */
    void onWritten(int count) {
        if (place != null) {
            place.writtenBytes += count;
        }
        int rest = count + headOffset;
        for (OutItem item = items.first(); item != null; item = item.next) {
            int length = item.length();
            if (rest < length) {
                break;
            }
            rest -= length;
            items.removeFirst(item);
            if (item instanceof OutItem.Pong pong) {
                onRemoved(pong);
            }
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
        items.removeAll(channel, partlyWritten());
    }

    /** Drops all pongs except the last: the socket has taken as many bytes as it can. */
    void keepLastPong() {
        OutItem begun = partlyWritten();
        int unwritten = begun instanceof OutItem.Pong ? pongs - 1 : pongs;
        if (unwritten < 2) {
            return;
        }
        for (OutItem item = items.first(); item != null; item = item.next) {
            if (item instanceof OutItem.Pong pong && pong != lastPong && pong != begun) {
                items.remove(pong);
                onRemoved(pong);
            }
        }
    }

    private void onRemoved(OutItem.Pong pong) {
        pongs--;
        if (pong == lastPong) {
            lastPong = null;
        }
    }

    /** Drops everything except the rest of a partly written frame, which the next frame has to follow. */
    void dropWhole() {
        OutItem begun = partlyWritten();
        items.removeAll(begun);
        lastPong = begun instanceof OutItem.Pong pong ? pong : null;
        pongs = lastPong == null ? 0 : 1;
        recovered = null;
        recoveredBytes = 0;
    }

    private @Nullable OutItem partlyWritten() {
        return headOffset > 0 ? items.first() : null;
    }

    /** Drops everything. */
    void clear() {
        headOffset = 0;
        dropWhole();
        items.hold(-QUEUE_BYTES);
    }
}
