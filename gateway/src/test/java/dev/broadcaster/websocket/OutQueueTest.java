package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.broadcaster.hub.Batches;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class OutQueueTest {
    private static final int BUFFER = 1_000;

    private final OutQueue queue = new OutQueue();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /**
     * Makes a socket take at most {@code count} bytes of the queue; returns the number of bytes that the queue made.
     */
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
                    kept.writeBytes(frame); // started, or a border
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
        queue.add(FramesTest.broadcast(50), "c", 1);

        queue.dropWhole();
        queue.dropWhole();

        assertThat(queue.bytes()).isEqualTo(6);
        write(BUFFER, 6);
        queue.dropWhole();
        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.bytes()).isZero();
    }

    @Test
    void drop_leavesOtherFrames_andTheRestOfAFrameThatHasBegun() {
        for (int seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            ByteArrayOutputStream kept = new ByteArrayOutputStream();
            out.reset();
            int writeFirst = random.nextInt(3_000);
            for (int i = 0; i < 12; i++) {
                EncodedBroadcast message = FramesTest.broadcast(random.nextInt(1, 1_500));
                boolean dropped = random.nextBoolean();
                if (kept.size() < writeFirst || !dropped) {
                    kept.writeBytes(FramesTest.frame(message, 7));
                }
                queue.add(message, dropped ? "dropped" : "kept", 7);
                write(BUFFER, Math.min(BUFFER, Math.max(0, writeFirst - out.size())));
            }
            while (out.size() < writeFirst && !queue.isEmpty()) {
                write(BUFFER, Math.min(BUFFER, writeFirst - out.size()));
            }

            queue.drop("dropped");

            queue.add(new byte[] {1, 2, 3});
            kept.writeBytes(new byte[] {1, 2, 3});
            assertThat(queue.bytes()).as("seed %d", seed).isEqualTo(kept.size() - out.size());
            while (!queue.isEmpty()) {
                write(BUFFER, random.nextInt(1, BUFFER));
            }
            assertThat(out.toByteArray()).as("seed %d", seed).isEqualTo(kept.toByteArray());
        }
    }

    @Test
    void drop_ofAnyChannel_afterAnySteps_leavesTheOthersInTheirOrder() {
        for (int seed = 0; seed < 2_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<Frame> waiting = new ArrayList<>();
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            out.reset();
            int written = 0; // of the first waiting frame
            for (int step = 0; step < 60; step++) {
                String channel = "abcd".substring(random.nextInt(4)).substring(0, 1);
                switch (random.nextInt(8)) {
                    case 0 -> {
                        byte[] plain = new byte[random.nextInt(1, 50)];
                        queue.add(plain);
                        waiting.add(new Frame("", plain));
                    }
                    case 1, 2, 3, 4 -> {
                        EncodedBroadcast message = FramesTest.broadcast(random.nextInt(1, 200));
                        queue.add(message, channel, step + 1);
                        waiting.add(new Frame(channel, FramesTest.frame(message, step + 1)));
                    }
                    case 5 -> {
                        int before = out.size();
                        write(BUFFER, random.nextInt(BUFFER));
                        written += out.size() - before;
                        while (!waiting.isEmpty() && written >= waiting.get(0).bytes().length) {
                            written -= waiting.get(0).bytes().length;
                            expected.writeBytes(waiting.remove(0).bytes());
                        }
                    }
                    default -> {
                        queue.drop(channel);
                        Frame begun = written > 0 ? waiting.get(0) : null;
                        waiting.removeIf(frame -> frame.channel().equals(channel) && frame != begun);
                    }
                }
                int length =
                        waiting.stream().mapToInt(frame -> frame.bytes().length).sum();
                assertThat(queue.bytes()).as("seed %d", seed).isEqualTo(length - written);
            }
            waiting.forEach(frame -> expected.writeBytes(frame.bytes()));
            while (!queue.isEmpty()) {
                write(BUFFER, random.nextInt(1, BUFFER));
            }
            assertThat(out.toByteArray()).as("seed %d", seed).isEqualTo(expected.toByteArray());
            queue.clear();
            assertThat(queue.pendingBytes()).as("seed %d", seed).isZero();
        }
    }

    private record Frame(String channel, byte[] bytes) {}

    /** A client that does not read may repeat it as often as it likes: a walk over the queue for each takes minutes. */
    @Test
    @Timeout(20)
    void drop_andPongs_doNotWalkALongQueue() {
        EncodedBroadcast message = FramesTest.broadcast(100);
        queue.addPong(pong(1));
        write(BUFFER, 1);
        for (int i = 0; i < 100_000; i++) {
            queue.add(message, "other", i + 1);
        }
        long before = queue.bytes();

        for (int i = 0; i < 200_000; i++) {
            queue.add(message, "c", i + 1);
            queue.drop("c");
            if (!queue.replaceLastPong(pong(i))) {
                queue.addPong(pong(i));
            }
            queue.keepLastPong();
        }

        assertThat(queue.bytes()).isEqualTo(before + pong(1).length);
    }

    // ---- Pongs

    private static byte[] pong(int number) {
        return Frames.of(Opcode.PONG, new byte[] {(byte) number}, 0, 1);
    }

    @Test
    void pongs_waitInOrder_upTo16OfThem_andThenTheLastOneIsReplaced() {
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        for (int i = 1; i <= 100; i++) {
            queue.addPong(pong(i));
            if (i < 16 || i == 100) {
                expected.writeBytes(pong(i));
            }
        }

        write(BUFFER, BUFFER);

        assertThat(out.toByteArray()).isEqualTo(expected.toByteArray());
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void keepLastPong_leavesOnePong_andTheRestOfOneThatHasBegun() {
        queue.addPong(pong(1));
        queue.add(new byte[] {7});
        queue.addPong(pong(2));
        queue.addPong(pong(3));
        write(BUFFER, 1);

        queue.keepLastPong();
        assertThat(queue.replaceLastPong(pong(4))).isTrue();

        write(BUFFER, BUFFER);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.writeBytes(pong(1));
        expected.write(7);
        expected.writeBytes(pong(4));
        assertThat(out.toByteArray()).isEqualTo(expected.toByteArray());
    }

    @Test
    void replaceLastPong_leavesOneThatHasBegun() {
        queue.addPong(pong(1));
        write(BUFFER, 1);

        assertThat(queue.replaceLastPong(pong(2))).isFalse();

        write(BUFFER, BUFFER);
        assertThat(out.toByteArray()).isEqualTo(pong(1));
        assertThat(queue.replaceLastPong(pong(2))).as("none waits").isFalse();
    }

    // ---- Counting

    @Test
    void pendingBytes_areThoseOfTheHeap_notOfTheFrame() {
        queue.addPong(pong(1));

        assertThat(queue.bytes()).isEqualTo(3);
        assertThat(queue.pendingBytes())
                .as("an object, and an array with its header")
                .isEqualTo(24 + 24);
    }

    @Test
    void sharedMessage_isCountedOnce_fromItsFirstHolderToItsLast() {
        EncodedBroadcast message = FramesTest.broadcast(10_000);
        OutQueue other = new OutQueue();
        long empty = queue.settle();
        other.settle();

        queue.add(message, "c", 1);
        long first = queue.settle();
        other.add(message, "c", 2);
        long second = other.settle();
        queue.clear();
        long firstGone = queue.settle();
        other.clear();
        long secondGone = other.settle();

        assertThat(first).isBetween(10_000L, 10_500L);
        assertThat(second).isLessThan(50);
        assertThat(firstGone).isEqualTo(-second - empty);
        assertThat(secondGone).isEqualTo(-first - empty);
    }

    @Test
    void allowance_isThatOfTheLastReplay_forAnyNumberOfReplays() {
        List<EncodedBroadcast> large = List.of(FramesTest.broadcast(5_000), FramesTest.broadcast(5_000));
        for (int i = 0; i < 10; i++) {
            queue.addRecovered(Batches.of("a" + i, large, 1), 0, null);
        }
        assertThat(queue.recoveredBytes()).isBetween(10_000L, 10_500L);

        queue.addRecovered(Batches.of("small", List.of(FramesTest.broadcast(100)), 1), 0, null);
        assertThat(queue.recoveredBytes()).isBetween(100L, 300L);
        queue.drop("a0");
        assertThat(queue.recoveredBytes()).isBetween(100L, 300L);
        queue.drop("small");
        assertThat(queue.recoveredBytes()).isZero();
    }

    @Test
    void allowance_coversAllMessagesOfOneReplay() {
        queue.addRecovered(Batches.of("a", List.of(FramesTest.broadcast(5_000)), 1), 0, null);
        queue.addRecovered(Batches.of("a", List.of(FramesTest.broadcast(5_000)), 2), 0, null);

        assertThat(queue.recoveredBytes()).isEqualTo(queue.pendingBytes());
    }

    /** A client that reads a large message slowly costs a write event for each part that it has read. */
    @Test
    void aPartOfALargeFrame_isWritten_withoutTheWholeFrame() {
        ByteBuffer part = ByteBuffer.allocateDirect(40_000);
        queue.add(FramesTest.broadcast(4_000_000), "c", 7);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();

        while (!queue.isEmpty()) { // 100 parts
            queue.fill(part.clear());
            queue.onWritten(part.position());
        }

        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1_000_000);
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
        queue.add(message, random.nextBoolean() ? "c" : "d", seq);
        return FramesTest.frame(message, seq);
    }
}
