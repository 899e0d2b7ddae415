package dev.broadcaster.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The result of {@link ChunkDecoder} for some bytes.
 *
 * @param data of the body so far
 * @param length of the body, if it has ended; else -1
 * @param problem the reason of a refusal, or null
 */
record ChunkReading(String data, int length, @Nullable String problem) {
    boolean isComplete() {
        return length >= 0;
    }

    /** Reads the bytes in one piece. */
    static ChunkReading whole(byte[] bytes) {
        return read(bytes, bytes.length, bytes.length, null);
    }

    /** Reads the bytes in pieces of any size, and takes the data in pieces of any size. */
    static ChunkReading inPieces(byte[] bytes, int mostIn, int mostOut, RandomGenerator random) {
        return read(bytes, mostIn, mostOut, random);
    }

    private static ChunkReading read(byte[] bytes, int mostIn, int mostOut, @Nullable RandomGenerator random) {
        ChunkDecoder decoder = new ChunkDecoder();
        StringBuilder data = new StringBuilder();
        int at = 0;
        try {
            while (at < bytes.length && !decoder.isEnded()) {
                int count = Math.min(bytes.length - at, random == null ? mostIn : random.nextInt(1, mostIn + 1));
                ByteBuffer in = ByteBuffer.wrap(bytes, at, count);
                do {
                    int room = random == null ? mostOut : random.nextInt(1, mostOut + 1);
                    ByteBuffer out = ByteBuffer.allocate(Math.max(1, room));
                    try {
                        decoder.decode(in, out);
                    } finally {
                        data.append(new String(out.array(), 0, out.position(), StandardCharsets.ISO_8859_1));
                    }
                } while (in.hasRemaining() && !decoder.isEnded());
                at = in.position();
            }
        } catch (ChunkException e) {
            return new ChunkReading(data.toString(), -1, e.getMessage());
        }
        return new ChunkReading(data.toString(), decoder.isEnded() ? at : -1, null);
    }
}
