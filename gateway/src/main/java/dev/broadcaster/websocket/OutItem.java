package dev.broadcaster.websocket;

import dev.broadcaster.protocol.EncodedBroadcast;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** One frame in an {@link OutQueue}, and its size on the heap. Owned by the connection's thread. */
abstract sealed class OutItem {
    // Sizes on the heap with compressed references.
    private static final int OWN_BYTES = 24 + 16;
    private static final int BROADCAST_BYTES = 40;

    @Nullable
    OutItem next;

    @Nullable
    OutItem previous;

    /** The length of the frame. */
    abstract int length();

    /** Writes the frame without its first {@code offset} bytes, as much of it as {@code out} takes. */
    abstract void put(ByteBuffer out, int offset);

    /** The heap bytes besides the bytes of the frame. */
    abstract int overhead();

    /** Takes the memory; returns the bytes that were not held before. */
    abstract int hold();

    /** Takes back {@link #hold}; returns the bytes that are no longer held. */
    abstract int release();

    /** A frame for this connection only. */
    abstract static sealed class Own extends OutItem {
        private byte[] frame;

        private Own(byte[] frame) {
            this.frame = frame;
        }

        void frame(byte[] newFrame) {
            frame = newFrame;
        }

        @Override
        int length() {
            return frame.length;
        }

        @Override
        void put(ByteBuffer out, int offset) {
            Frames.put(out, frame, offset);
        }

        @Override
        int overhead() {
            return OWN_BYTES + (-frame.length & 7);
        }

        @Override
        int hold() {
            return frame.length + overhead();
        }

        @Override
        int release() {
            return frame.length + overhead();
        }
    }

    /** A reply, a ping, a close frame. */
    static final class Plain extends Own {
        Plain(byte[] frame) {
            super(frame);
        }
    }

    /** The answer to a ping. */
    static final class Pong extends Own {
        Pong(byte[] frame) {
            super(frame);
        }
    }

    /** A message that all queues share, with its {@code seq} in this queue. */
    static final class Broadcast extends OutItem {
        final EncodedBroadcast message;
        final String channel;
        final long seq;

        /** The next one of the channel, in {@link WaitingBroadcasts}. */
        @Nullable
        Broadcast newer;

        Broadcast(EncodedBroadcast message, String channel, long seq) {
            this.message = message;
            this.channel = channel;
            this.seq = seq;
        }

        @Override
        int length() {
            return Frames.broadcastLength(message, seq);
        }

        @Override
        void put(ByteBuffer out, int offset) {
            if (offset == 0 && length() <= out.remaining()) {
                Frames.putBroadcast(out, message, seq);
            } else {
                Frames.putBroadcast(out, message, seq, offset);
            }
        }

        @Override
        int overhead() {
            return BROADCAST_BYTES;
        }

        @Override
        int hold() {
            return BROADCAST_BYTES + message.hold();
        }

        @Override
        int release() {
            return BROADCAST_BYTES + message.release();
        }
    }
}
