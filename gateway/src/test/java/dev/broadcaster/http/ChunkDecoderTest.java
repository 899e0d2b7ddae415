package dev.broadcaster.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ChunkDecoderTest {
    private static byte[] bytes(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0\r\n\r\n",
                "5\r\nhello\r\n0\r\n\r\n",
                "005\r\nhello\r\n000\r\n\r\n",
                "0000000000000005\r\nhello\r\n0\r\n\r\n",
                "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
                "5;a\r\nhello\r\n0;b\r\n\r\n",
                "5;a=b;c=\"d;\\\" \t\u00e9\";e\r\nhello\r\n0\r\n\r\n",
                "5 \t; \ta = b ;c\r\nhello\r\n0\r\n\r\n",
                "5\r\nhel\r\n\r\n0\r\n\r\n",
                "0\r\nX-A: b\r\nX-C:\r\nX-D:  \t e \u00ff \r\n\r\n",
            })
    void body_isRead_whenItIsWellFormed(String body) {
        ReferenceChunks.Body expected = ReferenceChunks.read(bytes(body)).orElseThrow();

        ChunkReading reading = ChunkReading.whole(bytes(body + "GET / HTTP/1.1\r\n"));

        assertThat(reading).isEqualTo(new ChunkReading(expected.data(), body.length(), null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "5\nhello\r\n0\r\n\r\n",
                "5\rhello\r\n0\r\n\r\n",
                "5\r\rhello\r\n0\r\n\r\n",
                "5;a\nhello\r\n0\r\n\r\n",
                "5;a\n\r\nhello\r\n0\r\n\r\n",
                "5;a\rb\r\nhello\r\n0\r\n\r\n",
                "5;\r\nhello\r\n0\r\n\r\n",
                "5;=b\r\nhello\r\n0\r\n\r\n",
                "5;a=\r\nhello\r\n0\r\n\r\n",
                "5;a=\"b\r\nhello\r\n0\r\n\r\n",
                "5;a=\"b\nc\"\r\nhello\r\n0\r\n\r\n",
                "5;a b\r\nhello\r\n0\r\n\r\n",
                "5;a \r\nhello\r\n0\r\n\r\n",
                "5 \r\nhello\r\n0\r\n\r\n",
                "5\t\r\nhello\r\n0\r\n\r\n",
                " 5\r\nhello\r\n0\r\n\r\n",
                "5\r\nhello\n0\r\n\r\n",
                "5\r\nhello\r0\r\n\r\n",
                "5\r\nhello0\r\n\r\n",
                "5\r\nhelloo\r\n0\r\n\r\n",
                "0\n\n",
                "0\r\n\n",
                "0\n\r\n",
                "0\r\n\r\r",
                "5\r\nhello\r\n\r\n",
                "\r\n5\r\nhello\r\n0\r\n\r\n",
                "zz\r\n\r\n",
                "zz\r\na: b\r\n\r\n",
                "5g\r\nhello\r\n0\r\n\r\n",
                "g5\r\nhello\r\n0\r\n\r\n",
                "0x5\r\nhello\r\n0\r\n\r\n",
                "+5\r\nhello\r\n0\r\n\r\n",
                "-5\r\nhello\r\n0\r\n\r\n",
                "5.\r\nhello\r\n0\r\n\r\n",
                "5_0\r\nhello\r\n0\r\n\r\n",
                "5,5\r\nhello\r\n0\r\n\r\n",
                "5\u0000\r\nhello\r\n0\r\n\r\n",
                "\u00b2\r\nhello\r\n0\r\n\r\n",
                "80000000\r\nhello",
                "7fffffffffffffff\r\nhello",
                "ffffffffffffffff\r\nhello",
                "10000000000000005\r\nhello\r\n0\r\n\r\n",
                "0\r\nX A: b\r\n\r\n",
                "0\r\nX-A : b\r\n\r\n",
                "0\r\n: b\r\n\r\n",
                "0\r\nX-A\r\n\r\n",
                "0\r\nX-A: b\n\r\n",
                "0\r\nX-A: b\r\n c\r\n\r\n",
                "0\r\n X-A: b\r\n\r\n",
                "0\r\nX-A: b\rc\r\n\r\n",
                "0\r\nX-A: b\u0000\r\n\r\n",
                "0\r\nGET / HTTP/1.1\r\n\r\n"
            })
    void body_isRefused_whenItIsMalformed(String body) {
        assertThat(ReferenceChunks.read(bytes(body))).isEmpty();
        assertThat(ChunkReading.whole(bytes(body)).problem()).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 61, 10_000})
    void sizeWithManyLeadingZeros_isRefused(int zeros) {
        String body = "0".repeat(zeros) + "5\r\nhello\r\n0\r\n\r\n";
        assertThat(ReferenceChunks.read(bytes(body))).isPresent(); // the grammar has no limit
        assertThat(ChunkReading.whole(bytes(body)).problem()).isEqualTo("chunk size: malformed");
    }

    @Test
    void extensions_areBounded_overTheWholeBody() {
        String chunk = "1;" + "e".repeat(1000) + "\r\nx\r\n";
        assertThat(ChunkReading.whole(bytes(chunk.repeat(8) + "0\r\n\r\n")).isComplete())
                .isTrue();
        assertThat(ChunkReading.whole(bytes(chunk.repeat(9))).problem()).contains("over 8192 bytes");
        assertThat(ChunkReading.whole(bytes("1;" + "e".repeat(9000))).problem()).contains("over 8192 bytes");
    }

    @Test
    void trailer_isBounded_inBytesAndFields() {
        assertThat(ChunkReading.whole(bytes("0\r\nx:" + "y".repeat(9000))).problem())
                .contains("over 8192 bytes");
        assertThat(ChunkReading.whole(bytes("0\r\n" + "y".repeat(9000))).problem())
                .contains("over 8192 bytes");
        assertThat(ChunkReading.whole(bytes("0\r\n" + "x:\r\n".repeat(64) + "\r\n"))
                        .isComplete())
                .isTrue();
        assertThat(ChunkReading.whole(bytes("0\r\n" + "x:\r\n".repeat(65) + "\r\n"))
                        .problem())
                .isEqualTo("trailer: over 64 fields");
    }

    /** The reader gets the data before the first wrong byte, and nothing after it. */
    @Test
    void dataBeforeTheFault_isAllThatIsRead() {
        ChunkReading reading = ChunkReading.whole(bytes("5\r\nhello\r\n3\r\nabc\n0\r\n\r\n"));
        assertThat(reading.data()).isEqualTo("helloabc");
        assertThat(reading.problem()).isNotNull();
    }

    /** {@code -Dchunks.seed=} repeats a run. */
    @Test
    void anyBytes_areReadLikeTheReference_inAnyPieces() {
        long seed = Long.getLong("chunks.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        int complete = 0;
        for (int i = 0; i < 100_000; i++) {
            byte[] body = bytes(RandomChunks.next(random));
            complete += check(body, random) ? 1 : 0;
        }
        assertThat(complete).as("complete bodies, seed %s", seed).isBetween(10_000, 90_000);
    }

    /** Fails unless the body is read like the reference reads it, or refused; returns true if it is complete. */
    static boolean check(byte[] body, SplittableRandom random) {
        String shown = new String(body, StandardCharsets.ISO_8859_1);
        Optional<ReferenceChunks.Body> expected = ReferenceChunks.read(body);
        ChunkReading whole = ChunkReading.whole(body);
        ChunkReading pieces = ChunkReading.inPieces(body, 7, 5, random);
        assertThat(pieces).as("in pieces: %s", shown).isEqualTo(whole);
        if (expected.isEmpty()) {
            assertThat(whole.isComplete()).as(shown).isFalse();
            return false;
        }
        if (whole.isComplete() || ReferenceChunks.isWithinLimits(expected.get())) {
            assertThat(whole)
                    .as(shown)
                    .isEqualTo(new ChunkReading(
                            expected.get().data(), expected.get().length(), null));
        } else {
            assertThat(whole.problem()).as(shown).isNotNull();
        }
        return true;
    }
}
