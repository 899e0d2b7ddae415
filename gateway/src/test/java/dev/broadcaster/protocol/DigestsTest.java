package dev.broadcaster.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class DigestsTest {
    private static final byte[] ABC = "abc".getBytes(StandardCharsets.US_ASCII);

    /** The examples of FIPS 180, each twice: the first hash leaves no state for the second. */
    @Test
    void hashesAreThoseOfTheStandard() {
        for (int i = 0; i < 2; i++) {
            assertThat(hex(Digests.sha1(ABC))).isEqualTo("a9993e364706816aba3e25717850c26c9cd0d89d");
            assertThat(hex(Digests.sha256(ABC)))
                    .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        }
    }

    @Test
    void partsAreHashedAsOneText() {
        assertThat(Digests.sha256(new byte[] {'a'}, new byte[0], new byte[] {'b', 'c'}))
                .isEqualTo(Digests.sha256(ABC));
    }

    @Test
    void concurrentHashes_areIndependent() {
        byte[] sha256 = Digests.sha256(ABC);

        long right = IntStream.range(0, 20_000)
                .parallel()
                .filter(i -> Arrays.equals(Digests.sha256(ABC), sha256))
                .count();

        assertThat(right).isEqualTo(20_000);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
