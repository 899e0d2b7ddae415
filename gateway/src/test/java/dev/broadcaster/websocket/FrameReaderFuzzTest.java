package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * For any input in any pieces, the reader finds the same events and ends for the same reason, throws only
 * {@link FrameException}, and holds at most twice the received bytes. Runs the seeds in every build; `JAZZER_FUZZ=1 mvn
 * test -Dtest=FrameReaderFuzzTest` searches for more.
 */
final class FrameReaderFuzzTest {
    private static final int MAX_MESSAGE_BYTES = 70_000;

    /** The first byte selects the splits and the places where the handler stops, the rest is the stream. */
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

    /** The same for a client with permessage-deflate. */
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
