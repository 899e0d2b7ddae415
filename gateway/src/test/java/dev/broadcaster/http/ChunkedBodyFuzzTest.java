package dev.broadcaster.http;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Any body in chunks is read as {@link ReferenceChunks} reads it, in any pieces, or refused. Runs the seeds in every build;
 * {@code JAZZER_FUZZ=1 mvn test -Dtest=ChunkedBodyFuzzTest} looks for more.
 */
final class ChunkedBodyFuzzTest {
    @FuzzTest(maxDuration = "30m")
    void body_isReadAsTheReferenceDoes_orRefused(byte[] body) {
        ChunkDecoderTest.check(body, new SplittableRandom(Arrays.hashCode(body)));
    }
}
