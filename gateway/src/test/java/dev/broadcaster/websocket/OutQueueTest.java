package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.protocol.EncodedBroadcast;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class OutQueueTest {
    private static final int BUFFER = 1_000;

    private final OutQueue queue = new OutQueue();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** Has a socket take at most {@code count} of what the queue makes; how much it made. */
    private int write(int bufferSize, int count) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(bufferSize);
        queue.fill(buffer);
        buffer.flip();
        int made = buffer.remaining();
        byte[] written = new byte[Math.min(made, count)];
        buffer.get(written);
        out.writeBytes(written);
        queue.onWritten(written.length);
        return made;
    }

    @Test
    void bytesOutAreBytesIn_whateverTheSizeOfWrites() {
        for (int seed = 0; seed < 100; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            ByteArrayOutputStream in = new ByteArrayOutputStream();
            out.reset();
            for (int step = 0; step < 200; step++) {
                if (random.nextBoolean()) {
                    in.writeBytes(addOne(random));
                } else {
                    int bufferSize = random.nextInt(1, BUFFER);
                    long waiting = queue.bytes();
                    int made = write(bufferSize, random.nextInt(bufferSize + 1));
                    assertThat(made).as("the buffer is used").isEqualTo((int) Math.min(bufferSize, waiting));
                }
                assertThat(queue.bytes()).isEqualTo(in.size() - out.size());
                assertThat(queue.isEmpty()).isEqualTo(queue.bytes() == 0);
            }
            while (!queue.isEmpty()) {
                write(BUFFER, random.nextInt(1, BUFFER));
            }
            assertThat(out.toByteArray()).as("seed %d", seed).isEqualTo(in.toByteArray());
        }
    }

    @Test
    void dropWhole_leavesTheRestOfAFrameThatHasBegun_andNothingElse() {
        for (int seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            ByteArrayOutputStream kept = new ByteArrayOutputStream();
            out.reset();
            int writeFirst = random.nextInt(6_000);
            for (int i = 0; i < 8; i++) {
                byte[] frame = addOne(random);
                if (kept.size() < writeFirst) {
                    kept.writeBytes(frame); // begun, or a border
                }
            }
            while (out.size() < writeFirst && !queue.isEmpty()) {
                write(BUFFER, Math.min(writeFirst - out.size(), random.nextInt(1, BUFFER)));
            }

            queue.dropWhole();

            assertThat(queue.bytes()).as("seed %d", seed).isEqualTo(kept.size() - out.size());
            queue.add(new byte[] {1, 2, 3});
            kept.writeBytes(new byte[] {1, 2, 3});
            while (!queue.isEmpty()) {
                write(BUFFER, random.nextInt(1, BUFFER));
            }
            assertThat(out.toByteArray()).as("seed %d", seed).isEqualTo(kept.toByteArray());
        }
    }

    @Test
    void dropWhole_twice_changesNothing() {
        queue.add(new byte[10]);
        write(BUFFER, 4);
        queue.add(FramesTest.broadcast(50), 1);

        queue.dropWhole();
        queue.dropWhole();

        assertThat(queue.bytes()).isEqualTo(6);
        write(BUFFER, 6);
        queue.dropWhole();
        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.bytes()).isZero();
    }

    @Test
    void fill_doesNothing_whenNothingWaits() {
        assertThat(write(BUFFER, BUFFER)).isZero();
        assertThat(queue.isEmpty()).isTrue();
    }

    /** Adds a frame, a small or a large one, or a broadcast, and returns its bytes. */
    private byte[] addOne(SplittableRandom random) {
        int length = random.nextInt(10) == 0 ? random.nextInt(1, 3 * BUFFER) : random.nextInt(1, 200);
        if (random.nextBoolean()) {
            byte[] frame = new byte[length];
            Arrays.fill(frame, (byte) random.nextInt());
            queue.add(frame);
            return frame;
        }
        EncodedBroadcast message = FramesTest.broadcast(length);
        long seq = random.nextLong(1, 1L << random.nextInt(1, 62));
        queue.add(message, seq);
        return Frames.broadcast(message, seq);
    }
}
