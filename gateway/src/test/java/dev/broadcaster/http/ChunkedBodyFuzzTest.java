package dev.broadcaster.http;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Any body in chunks, in any pieces, is read like {@link ReferenceChunks} reads it, or refused. Runs the seeds in every
 * build; {@code JAZZER_FUZZ=1 mvn test -Dtest=ChunkedBodyFuzzTest} searches for more.
 */
final class ChunkedBodyFuzzTest {
    @FuzzTest(maxDuration = "30m")
    void body_isReadLikeTheReference_orRefused(byte[] body) {
        ChunkDecoderTest.check(body, new SplittableRandom(Arrays.hashCode(body)));
    }
}
