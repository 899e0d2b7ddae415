package dev.broadcaster.websocket;

import dev.broadcaster.hub.Batch;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The frames of one batch for every subscription with one base, made once for all of them. Owned by an I/O thread,
 * which has one for clients that inflate and one for others, because they may alternate in a batch.
 */
final class SharedFrames {
    private final ByteBuffer frames;
    private final @Nullable MessageDeflater deflater; // null = plain

    // The contents of the buffer.
    private @Nullable Batch batch;
    private long turn;
    private long base;
    private int length; // -1 = it does not fit
    private int saved;

    SharedFrames(int capacity, @Nullable MessageDeflater deflater) {
        this.frames = ByteBuffer.allocateDirect(capacity);
        this.deflater = deflater;
    }

    /**
     * The frames of {@code wanted} for a subscription with {@code wantedBase}; null if they do not fit. Position 0,
     * limit = length.
     */
    @Nullable
    ByteBuffer of(Batch wanted, long wantedBase) {
        if (batch != wanted || turn != wanted.turn() || base != wantedBase) {
            batch = wanted;
            turn = wanted.turn();
            base = wantedBase;
            length = encode(wanted, wantedBase);
        }
        return length < 0 ? null : frames.position(0).limit(length);
    }

    /** The number of bytes that these frames save compared with plain ones. */
    int savedBytes() {
        return saved;
    }

    private int encode(Batch wanted, long wantedBase) {
        frames.clear();
        saved = 0;
        for (int i = 0; i < wanted.size(); i++) {
            long seq = wanted.position(i) - wantedBase;
            if (seq <= 0) {
                continue;
            }
            EncodedBroadcast plain = wanted.message(i);
            EncodedBroadcast message = deflater == null ? plain : deflater.deflated(plain);
            int frameLength = Frames.broadcastLength(message, seq);
            if (frameLength > frames.remaining()) {
                return -1;
            }
            Frames.putBroadcast(frames, message, seq);
            if (message != plain) {
                saved += Frames.broadcastLength(plain, seq) - frameLength;
            }
        }
        return frames.position();
    }
}
