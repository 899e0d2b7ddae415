package dev.broadcaster.http;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Any trailer, in any pieces, is read like {@link ReferenceChunks} reads it, or refused. Runs the seeds in every build;
 * {@code JAZZER_FUZZ=1 mvn test -Dtest=TrailerFuzzTest} searches for more.
 */
final class TrailerFuzzTest {
    private static final byte[] BEGIN = "2\r\nab\r\n0\r\n".getBytes(StandardCharsets.US_ASCII);

    @FuzzTest(maxDuration = "30m")
    void trailer_isReadLikeTheReference_orRefused(byte[] trailer) {
        byte[] body = Arrays.copyOf(BEGIN, BEGIN.length + trailer.length);
        System.arraycopy(trailer, 0, body, BEGIN.length, trailer.length);
        ChunkDecoderTest.check(body, new SplittableRandom(Arrays.hashCode(body)));
    }
}
