package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Whatever arrives, and in whatever pieces, the reader finds the same events and ends for the same reason, with nothing but
 * a {@link FrameException}, and holds no more than twice what has arrived. Runs the seeds in every build; `JAZZER_FUZZ=1 mvn
 * test -Dtest=FrameReaderFuzzTest` looks for more.
 */
final class FrameReaderFuzzTest {
    private static final int MAX_MESSAGE_BYTES = 70_000;

    /** The first byte chooses the splits and where the handler stops, the rest is the stream. */
    @FuzzTest(maxDuration = "10m")
    void read_doesNotDependOnThePieces(byte[] data) {
        if (data.length == 0) {
            return;
        }
        int seed = data[0] & 0xff;
        byte[] stream = Arrays.copyOfRange(data, 1, data.length);
        int stopEvery = seed % 4;

        Events whole = Events.read(stream, MAX_MESSAGE_BYTES, stopEvery, () -> stream.length);
        SplittableRandom random = new SplittableRandom(seed);
        Events pieces = Events.read(stream, MAX_MESSAGE_BYTES, stopEvery, () -> random.nextInt(1, 20));
        Events bytes = Events.read(stream, MAX_MESSAGE_BYTES, stopEvery, () -> 1);

        assertThat(pieces.all()).isEqualTo(whole.all());
        assertThat(bytes.all()).isEqualTo(whole.all());
    }

    /** The same of a client with permessage-deflate. */
    @FuzzTest(maxDuration = "10m")
    void readDeflated_doesNotDependOnThePieces(byte[] data) {
        if (data.length == 0) {
            return;
        }
        int seed = data[0] & 0xff;
        byte[] stream = Arrays.copyOfRange(data, 1, data.length);
        int stopEvery = seed % 4;

        Events whole = Events.readDeflated(stream, MAX_MESSAGE_BYTES, stopEvery, () -> stream.length);
        SplittableRandom random = new SplittableRandom(seed);
        Events pieces = Events.readDeflated(stream, MAX_MESSAGE_BYTES, stopEvery, () -> random.nextInt(1, 20));

        assertThat(pieces.all()).isEqualTo(whole.all());
    }
}
