package dev.broadcaster.websocket;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A client's frame, masked text, in one read or in two. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FrameReaderBenchmark {
    private static final int MASK = 0x37fa213d;

    @Param({"150", "4096"})
    public int payloadBytes;

    private final FrameReader reader = new FrameReader(64 * 1024, new MessageInflater());
    private final Counter counter = new Counter();
    private byte[] frame = {};
    private byte[] input = {};

    @Setup
    public void encode() {
        ByteBuffer out = ByteBuffer.allocate(8 + payloadBytes);
        out.put((byte) 0x81)
                .put((byte) (0x80 | 126))
                .putShort((short) payloadBytes)
                .putInt(MASK);
        for (int i = 0; i < payloadBytes; i++) {
            out.put((byte) ('a' ^ MASK >> (24 - 8 * (i & 3))));
        }
        frame = out.array();
        input = frame.clone();
    }

    @Benchmark
    public long whole() throws FrameException {
        copy();
        reader.read(input, 0, input.length, counter);
        return counter.bytes;
    }

    @Benchmark
    public long inTwoPieces() throws FrameException {
        copy();
        reader.read(input, 0, input.length / 2, counter);
        reader.read(input, input.length / 2, input.length, counter);
        return counter.bytes;
    }

    /** The copy that is part of both; subtract its time. */
    @Benchmark
    public byte[] copy() {
        System.arraycopy(frame, 0, input, 0, frame.length);
        return input;
    }

    private static final class Counter implements FrameHandler {
        private long bytes;

        @Override
        public boolean onMessage(byte[] message, int from, int to, boolean text) {
            bytes += to - from + message[to - 1];
            return true;
        }

        @Override
        public void onPing(byte[] message, int from, int to) {
            throw new AssertionError(Arrays.toString(message));
        }

        @Override
        public void onPong() {
            throw new AssertionError();
        }

        @Override
        public void onClose(int code) {
            throw new AssertionError(code);
        }
    }
}
